import { expect, test } from "vitest";
import { cosine, percentile, shareOf, similarities } from "./statistics";

test("percentiles lie between neighbours", () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(percentile([4, 1, 3, 2], 1)).toBe(4);
  expect(
    percentile(
      Array.from({ length: 101 }, (_, at) => at),
      0.95,
    ),
  ).toBeCloseTo(95);
});

test("vectors are alike by where they point", () => {
  expect(cosine([1, 0], [5, 0])).toBe(1);
  expect(cosine([1, 0], [0, 2])).toBe(0);
  expect(cosine([1, 2], [-1, -2])).toBeCloseTo(-1);
  expect(cosine([0, 0], [1, 1])).toBe(0);
  expect(
    similarities([
      [1, 0],
      [1, 1],
    ])[0]?.[1],
  ).toBeCloseTo(Math.SQRT1_2);
});

test("shares of the way", () => {
  expect(shareOf(2, [1, 2, 3])).toBe(0.5);
  expect(shareOf(-4, [-4, 0])).toBe(0);
  expect(shareOf(2, [2, 2])).toBe(1);
});
