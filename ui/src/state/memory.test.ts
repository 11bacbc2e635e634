import { expect, test } from "vitest";
import { devicesOf, newestOf, type Performance } from "./memory";

const gpu = (id: number, used: number, timestamp: string) => ({
  timestamp,
  id,
  name: `GPU ${id}`,
  mem_used_mb: used,
  mem_total_mb: 100,
});

test("each device has its newest sample, the machine's own memory comes last", () => {
  const performance: Performance = {
    sys_stats: [
      { timestamp: "2026-01-01T00:00:00Z", mem_total_mb: 10, mem_used_mb: 1 },
      { timestamp: "2026-01-01T00:00:05Z", mem_total_mb: 10, mem_used_mb: 2 },
    ],
    gpu_stats: [gpu(0, 5, "a"), gpu(1, 6, "a"), gpu(0, 7, "b")],
  };
  expect(devicesOf(performance).map(({ name, used }) => [name, used >> 20])).toEqual([
    ["GPU 0", 7],
    ["GPU 1", 6],
    ["", 2],
  ]);
});

test("nothing was measured", () => {
  expect(devicesOf({ sys_stats: null, gpu_stats: null })).toEqual([]);
  expect(newestOf({ sys_stats: null, gpu_stats: [] })).toBeNull();
});
