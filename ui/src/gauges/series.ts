import type { GpuSample, ModelSample, SystemSample } from "../api/generated";

/** One line of a chart; a value for each of the times, null where there is none. */
export interface Line {
  label: string;
  values: (number | null)[];
  /** Whether it is drawn faintly, and in no legend: one of many. */
  faint?: true;
}

/** What one chart shows; times are seconds since the epoch. */
export interface Chart {
  times: number[];
  lines: Line[];
}

/** Samples that are further apart than so many times the usual are not joined by a line. */
const GAP = 3;

/** The processors: all together, the busiest, and each. Percent. */
export function cores(samples: readonly SystemSample[], words: { mean: string; busiest: string }): Chart {
  const values = samples.map((sample) => sample.cpu_util_per_core);
  const number = Math.max(0, ...values.map((each) => each.length));
  const each = Array.from({ length: number }, (_, core): Line => ({
    label: String(core),
    values: values.map((sample) => sample[core] ?? null),
    faint: true,
  }));
  const mean = values.map((sample) =>
    sample.length ? sample.reduce((sum, one) => sum + one, 0) / sample.length : null,
  );
  const busiest = values.map((sample) => (sample.length ? Math.max(...sample) : null));
  const lines: Line[] = [{ label: words.mean, values: mean }];
  if (number > 1) lines.push({ label: words.busiest, values: busiest }, ...each);
  return withGaps({ times: timesOf(samples), lines });
}

/** Lines that are read off each sample. */
export function lines<T extends { timestamp: string }>(
  samples: readonly T[],
  read: Record<string, (sample: T) => number | null>,
): Chart {
  const made = Object.entries(read).map(([label, one]) => ({ label, values: samples.map(one) }));
  return withGaps({ times: timesOf(samples), lines: made });
}

/** How fast counters rise, a second, added up over all that they are kept for; one that begins anew is no fall. */
export function rates<T extends { timestamp: string }, C extends { name: string }>(
  samples: readonly T[],
  counters: (sample: T) => readonly C[],
  read: Record<string, (counter: C) => number>,
): Chart {
  const times = timesOf(samples);
  const made = Object.entries(read).map(([label, one]) => ({
    label,
    values: samples.map((sample, index) => {
      const before = samples[index - 1];
      const seconds = (times[index] ?? 0) - (times[index - 1] ?? 0);
      if (!before || seconds <= 0) return null;
      const known = new Map(counters(before).map((counter) => [counter.name, one(counter)]));
      const risen = counters(sample).map((counter) => one(counter) - (known.get(counter.name) ?? one(counter)));
      return risen.reduce((sum, rise) => sum + Math.max(0, rise), 0) / seconds;
    }),
  }));
  return withGaps({ times, lines: made });
}

/** A line for each GPU. */
export function ofGpus(samples: readonly GpuSample[], read: (sample: GpuSample) => number): Chart {
  const names = new Map(samples.map((sample) => [sample.id, sample.name]));
  const label = (id: number) => (names.size > 1 ? `${id}: ${names.get(id)}` : (names.get(id) ?? ""));
  return grouped(samples, (sample) => label(sample.id), read);
}

/** A line for each model. */
export function ofModels(samples: readonly ModelSample[], read: (sample: ModelSample) => number): Chart {
  return grouped(samples, (sample) => sample.model, read);
}

function grouped<T extends { timestamp: string }>(
  samples: readonly T[],
  label: (sample: T) => string,
  read: (sample: T) => number,
): Chart {
  const places = new Map([...new Set(samples.map((sample) => sample.timestamp))].map((time, index) => [time, index]));
  const made = new Map<string, (number | null)[]>();
  for (const sample of samples) {
    const name = label(sample);
    const values = made.get(name) ?? Array<number | null>(places.size).fill(null);
    values[places.get(sample.timestamp) ?? 0] = read(sample);
    made.set(name, values);
  }
  const times = [...places.keys()].map(secondsOf);
  return withGaps({ times, lines: [...made].map(([name, values]) => ({ label: name, values })) });
}

/** A moment without values stands in each hole: what was not measured is not drawn. */
function withGaps({ times, lines: made }: Chart): Chart {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const usual = [...steps].sort((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0;
  const holes = steps.flatMap((step, index) => (usual > 0 && step > GAP * usual ? [index + 1] : []));
  if (!holes.length) return { times, lines: made };
  const filled = [...times];
  const values = made.map((line) => [...line.values]);
  for (const hole of holes.reverse()) {
    filled.splice(hole, 0, (times[hole - 1] ?? 0) + usual);
    for (const line of values) line.splice(hole, 0, null);
  }
  return { times: filled, lines: made.map((line, index) => ({ ...line, values: values[index] ?? [] })) };
}

/** The part of a chart that lies after a moment. */
export function after({ times, lines: made }: Chart, seconds: number): Chart {
  const first = times.findIndex((time) => time >= seconds);
  if (first < 0) return { times: [], lines: made.map((line) => ({ ...line, values: [] })) };
  // One more, so that the line comes in from the edge.
  const from = Math.max(0, first - 1);
  return { times: times.slice(from), lines: made.map((line) => ({ ...line, values: line.values.slice(from) })) };
}

/** A line in three figures; null where nothing was measured. */
export function summary(values: readonly (number | null)[]): { last: number; mean: number; most: number } | null {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return null;
  return { last, mean: known.reduce((sum, value) => sum + value, 0) / known.length, most: Math.max(...known) };
}

function timesOf(samples: readonly { timestamp: string }[]): number[] {
  return samples.map((sample) => secondsOf(sample.timestamp));
}

function secondsOf(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}
