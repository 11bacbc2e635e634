import { expect, test } from "vitest";
import { KEPT, Timeline } from "./timeline";

test("a swap is drawn as it was told, with its reasons", () => {
  const timeline = new Timeline();
  timeline.note("a", "ready", 1000, "a request asked for it");
  timeline.note("b", "stopped", 1000);
  timeline.note("a", "stopping", 2000, "makes room for b");
  timeline.note("a", "stopped", 3000);
  timeline.note("b", "starting", 3000, "a must go");
  timeline.note("b", "ready", 3000, "a must go");
  expect(timeline.spans()).toEqual([
    { id: 1, model: "a", phase: "ready", from: 1000, to: 2000, why: "a request asked for it" },
    { id: 2, model: "a", phase: "stopping", from: 2000, to: 3000, why: "makes room for b" },
    { id: 3, model: "b", phase: "starting", from: 3000, to: 3000, why: "a must go" },
    { id: 4, model: "b", phase: "ready", from: 3000, to: null, why: "a must go" },
  ]);
});

test("the same phase again is no news", () => {
  const timeline = new Timeline();
  expect(timeline.note("a", "ready", 1000)).toBe(true);
  expect(timeline.note("a", "ready", 2000)).toBe(false);
  expect(timeline.spans()).toHaveLength(1);
});

test("how long a model has been there is learned later", () => {
  const timeline = new Timeline();
  timeline.note("a", "ready", 60_000);
  timeline.correct("a", "ready", 10_000);
  timeline.correct("a", "starting", 1);
  expect(timeline.spans()[0]?.from).toBe(10_000);
});

test("a tab that is left open does not grow", () => {
  const timeline = new Timeline();
  for (let second = 0; second < 50_000; second++) {
    timeline.note("a", second % 2 ? "ready" : "starting", second * 100);
  }
  expect(timeline.spans().length).toBeLessThanOrEqual(2200);
  const now = 50_000 * 100;
  expect(timeline.spans().every((span) => span.to === null || span.to > now - 1.2 * KEPT)).toBe(true);
});
