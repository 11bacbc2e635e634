import { expect, test } from "vitest";
import type { GpuSample, SystemSample } from "../api/generated";
import { after, cores, lines, ofGpus, rates, summary } from "./series";

const BEGIN = Date.UTC(2031, 1, 5) / 1000;

function at(seconds: number): { timestamp: string } {
  return { timestamp: new Date((BEGIN + seconds) * 1000).toISOString() };
}

function net(seconds: number, ...counters: [string, number][]): SystemSample {
  const net_io = counters.map(([name, bytes]) => ({ name, bytes_recv: bytes, bytes_sent: 0 }));
  return { ...at(seconds), net_io } as unknown as SystemSample;
}

const received = (samples: SystemSample[]) =>
  rates(samples, (sample) => sample.net_io, { received: (counter) => counter.bytes_recv }).lines[0]?.values;

test("counters become rates; an interface that comes, goes or begins anew makes no mountain", () => {
  expect(received([net(0, ["a", 100]), net(5, ["a", 200]), net(10, ["a", 200], ["b", 9000])])).toEqual([null, 20, 0]);
  expect(received([net(0, ["a", 900], ["b", 5]), net(5, ["a", 100])])).toEqual([null, 0]);
  expect(received([net(0, ["a", 1]), net(0, ["a", 9])])).toEqual([null, null]);
  expect(received([])).toEqual([]);
});

test("one core is one line; of many there are the mean, the busiest, and all of them faintly", () => {
  const words = { mean: "mean", busiest: "busiest" };
  const sample = (each: number[]) => ({ ...at(0), cpu_util_per_core: each }) as unknown as SystemSample;
  expect(cores([sample([40])], words).lines.map(({ label, values }) => [label, values])).toEqual([["mean", [40]]]);
  const many = cores([sample([40, 80])], words).lines;
  expect(many.map(({ label, faint }) => [label, faint ?? false])).toEqual([
    ["mean", false],
    ["busiest", false],
    ["0", true],
    ["1", true],
  ]);
  expect(many.slice(0, 2).map(({ values }) => values)).toEqual([[60], [80]]);
  expect(cores([], words).lines).toHaveLength(1);
});

test("GPUs have a line each, also where one of them was away", () => {
  const gpu = (id: number, seconds: number, value: number) =>
    ({ ...at(seconds), id, name: "G", gpu_util_pct: value }) as GpuSample;
  const chart = ofGpus([gpu(0, 0, 1), gpu(1, 0, 2), gpu(0, 5, 3)], (sample) => sample.gpu_util_pct);
  expect(chart.times).toEqual([BEGIN, BEGIN + 5]);
  expect(chart.lines).toEqual([
    { label: "0: G", values: [1, 3] },
    { label: "1: G", values: [2, null] },
  ]);
  expect(ofGpus([gpu(0, 0, 1)], () => 1).lines[0]?.label).toBe("G");
});

test("what was not measured is not drawn", () => {
  const samples = [0, 5, 10, 60, 65].map((seconds) => ({ ...at(seconds), value: seconds }));
  const chart = lines(samples, { one: (sample) => sample.value });
  expect(chart.times).toEqual([0, 5, 10, 15, 60, 65].map((seconds) => BEGIN + seconds));
  expect(chart.lines[0]?.values).toEqual([0, 5, 10, null, 60, 65]);
});

test("a shorter window begins with what was just before it", () => {
  const chart = lines(
    [0, 5, 10].map((seconds) => ({ ...at(seconds), value: seconds })),
    { one: ({ value }) => value },
  );
  expect(after(chart, BEGIN + 7).lines[0]?.values).toEqual([5, 10]);
  expect(after(chart, BEGIN - 9).times).toHaveLength(3);
  expect(after(chart, BEGIN + 99)).toEqual({ times: [], lines: [{ label: "one", values: [] }] });
});

test("a line in figures", () => {
  expect(summary([null, 2, 4, null])).toEqual({ last: 4, mean: 3, most: 4 });
  expect(summary([null])).toBeNull();
});
