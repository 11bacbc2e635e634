import { expect, test } from "vitest";
import { inParallel, partsOf, speedOf, summaryOf, type Run } from "./loadtest";

const run = (but: Partial<Run>): Run => ({
  ...{ number: 1, model: "m", sent: 0, head: null, first: null, answer: null },
  ...{ end: null, tokens: 0, problem: null, stopped: false, ...but },
});

test("a request waits, is read, is thought about, is answered", () => {
  const whole = run({ sent: 1, head: 2, first: 3, answer: 5, end: 9 });
  expect(partsOf(whole, 99)).toEqual([
    { stage: "waiting", from: 1, to: 2 },
    { stage: "reading", from: 2, to: 3 },
    { stage: "thinking", from: 3, to: 5 },
    { stage: "streaming", from: 5, to: 9 },
  ]);
  expect(partsOf(run({ sent: 1 }), 4)).toEqual([{ stage: "waiting", from: 1, to: 4 }]);
  expect(partsOf(run({ head: 0, first: 2, answer: 2, end: 3 }), 9).map((part) => part.stage)).toEqual([
    "reading",
    "streaming",
  ]);
});

test("a test comes to figures; what failed or was stopped has no time", () => {
  const runs = [
    run({ sent: 0, head: 0.5, first: 1, answer: 1, end: 3, tokens: 21 }),
    run({ sent: 1, head: 1.5, first: 4, answer: 4, end: 5, tokens: 11 }),
    run({ sent: 2, end: 2.5, problem: "no" }),
    run({ sent: 2, end: 4, stopped: true, tokens: 8 }),
  ];
  expect(summaryOf(runs, 99)).toEqual({
    done: 2,
    failed: 1,
    lasted: 5,
    tokens: 40,
    tokensPerSecond: 8,
    requestsPerSecond: 0.4,
    first: { p50: 2, p95: 2.9 },
    total: { p50: 3.5, p95: expect.closeTo(3.95) as number },
    speed: { p50: 10, p95: 10 },
  });
});

test("nothing yet is no figure", () => {
  const nothing = { p50: null, p95: null };
  const summary = summaryOf([], 3);
  expect(summary).toMatchObject({ done: 0, lasted: 0, tokensPerSecond: null, first: nothing, total: nothing });
  expect(speedOf(run({ first: 1, end: 2, tokens: 1 }))).toBeNull();
});

test("so many at a time, each once, until it is stopped", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  let active = 0;
  let most = 0;
  await inParallel(10, 3, stop.signal, async (number) => {
    active += 1;
    most = Math.max(most, active);
    await Promise.resolve();
    seen.push(number);
    active -= 1;
    if (number === 5) stop.abort();
  });
  expect(most).toBe(3);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toContain(5);
  expect(seen.length).toBeLessThan(10);
});
