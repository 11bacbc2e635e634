import { percentile } from "./statistics";

/** One request of a load test. Times are seconds since the test began; null is not yet, or never. */
export interface Run {
  number: number;
  model: string;
  sent: number;
  /** When its answer's head arrived: until then it waited in the queue, or for the model to load. */
  head: number | null;
  /** When the first token arrived; it may be of a thought. */
  first: number | null;
  /** When the answer itself began. */
  answer: number | null;
  end: number | null;
  tokens: number;
  problem: string | null;
  stopped: boolean;
}

export type Stage = "waiting" | "reading" | "thinking" | "streaming";

export interface Part {
  stage: Stage;
  from: number;
  to: number;
}

/** What a request was doing when, up to now. */
export function partsOf(run: Run, now: number): Part[] {
  const end = run.end ?? now;
  const marks: [Stage, number | null][] = [
    ["waiting", run.sent],
    ["reading", run.head],
    ["thinking", run.first],
    ["streaming", run.answer],
  ];
  const known = marks.filter((mark): mark is [Stage, number] => mark[1] !== null);
  return known
    .map(([stage, from], at) => ({ stage, from, to: known[at + 1]?.[1] ?? end }))
    .filter((part) => part.to > part.from);
}

export interface Summary {
  done: number;
  failed: number;
  /** Seconds from the first request to the last answer. */
  lasted: number;
  tokens: number;
  tokensPerSecond: number | null;
  requestsPerSecond: number | null;
  first: Spread;
  total: Spread;
  /** Tokens per second of single answers, from their first token on. */
  speed: Spread;
}

export interface Spread {
  p50: number | null;
  p95: number | null;
}

/** What a test comes to so far. Requests that failed or were stopped count as such, and in no time. */
export function summaryOf(runs: readonly Run[], now: number): Summary {
  const good = runs.filter((run) => run.end !== null && run.problem === null && !run.stopped);
  const ends = runs.map((run) => run.end ?? now);
  const lasted = runs.length ? Math.max(...ends) - Math.min(...runs.map((run) => run.sent)) : 0;
  const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
  return {
    done: good.length,
    failed: runs.filter((run) => run.problem !== null).length,
    lasted,
    tokens,
    tokensPerSecond: lasted > 0 && tokens ? tokens / lasted : null,
    requestsPerSecond: lasted > 0 && good.length ? good.length / lasted : null,
    first: spread(good.map((run) => (run.first === null ? null : run.first - run.sent))),
    total: spread(good.map((run) => (run.end as number) - run.sent)),
    speed: spread(good.map(speedOf)),
  };
}

/** Tokens per second from the first one on; null where that says nothing. */
export function speedOf(run: Run): number | null {
  const lasted = run.end !== null && run.first !== null ? run.end - run.first : 0;
  return lasted > 0 && run.tokens > 1 ? (run.tokens - 1) / lasted : null;
}

function spread(values: readonly (number | null)[]): Spread {
  const known = values.filter((value) => value !== null);
  return { p50: percentile(known, 0.5), p95: percentile(known, 0.95) };
}

/** Do something with each number from 0 on, so many at a time, until it is over or stopped. */
export async function inParallel(
  count: number,
  atOnce: number,
  signal: AbortSignal,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count && !signal.aborted) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
