import { expect, test } from "vitest";
import type { GpuSample, ModelSample, SystemSample } from "../api/generated";
import { devicesOf, extended, heldBy, MEBIBYTE, newestOf, NO_SAMPLES, type Performance } from "./performance";

export function at(seconds: number): string {
  return new Date(Date.UTC(2031, 1, 5) + seconds * 1000).toISOString();
}

function system(seconds: number, used = 1): SystemSample {
  return {
    timestamp: at(seconds),
    mem_total_mb: 16,
    mem_used_mb: used,
    cpu_util_per_core: [],
  } as unknown as SystemSample;
}

function gpu(id: number, seconds: number, used: number): GpuSample {
  return { timestamp: at(seconds), id, name: `GPU ${id}`, mem_used_mb: used, mem_total_mb: 24 } as GpuSample;
}

function model(name: string, seconds: number, anonymous: number, held: Record<string, number>): ModelSample {
  return { timestamp: at(seconds), model: name, resident: 9, anonymous, gpu: held };
}

function told(more: Partial<Performance>): Performance {
  return { enabled: true, sys_stats: [], gpu_stats: [], model_stats: [], ...more };
}

test("the newest sample of each device counts, with who holds what of it", () => {
  const samples = {
    systems: [system(0, 3), system(5, 4)],
    gpus: [gpu(0, 0, 5), gpu(1, 0, 6), gpu(0, 5, 7)],
    models: [model("gone", 0, 5, { 0: 5 }), model("small", 5, 0, { 0: 3 }), model("large", 5, 2, { 0: 8, 1: 1 })],
  };
  expect(devicesOf(samples)).toEqual([
    {
      id: "gpu 0",
      name: "0: GPU 0",
      used: 7 * MEBIBYTE,
      total: 24 * MEBIBYTE,
      shares: [
        { model: "large", bytes: 8 },
        { model: "small", bytes: 3 },
      ],
    },
    { id: "gpu 1", name: "1: GPU 1", used: 6 * MEBIBYTE, total: 24 * MEBIBYTE, shares: [{ model: "large", bytes: 1 }] },
    { id: "machine", name: "", used: 4 * MEBIBYTE, total: 16 * MEBIBYTE, shares: [{ model: "large", bytes: 2 }] },
  ]);
  expect(devicesOf(NO_SAMPLES)).toEqual([]);
});

test("an hour is kept, and no more, in a tab that stays open for a day", () => {
  let samples = NO_SAMPLES;
  for (let second = 0; second < 86_400; second += 5) {
    samples = extended(samples, told({ sys_stats: [system(second)], model_stats: [model("m", second, 1, {})] }));
  }
  expect(samples.systems).toHaveLength(721);
  expect(samples.models).toHaveLength(721);
  expect(newestOf(samples)).toBe(at(86_395));
});

test("a server that is older, or has nothing yet, is understood", () => {
  expect(extended(NO_SAMPLES, { enabled: true, sys_stats: null, gpu_stats: null })).toEqual(NO_SAMPLES);
  expect(newestOf(NO_SAMPLES)).toBeNull();
});

test("what a model holds is on GPUs, or else in memory; who has gone holds nothing", () => {
  const models = [model("gone", 0, 5, { 0: 5 }), model("a", 5, 2, { 0: 3, 1: 4 }), model("b", 5, 2, {})];
  const samples = { ...NO_SAMPLES, models };
  expect(["gone", "a", "b"].map((name) => heldBy(samples, name))).toEqual([0, 7, 2]);
});
