import { expect, test } from "vitest";
import { bytes, duration } from "./format";

test.each([
  [0.04, "0.0 s"],
  [1.26, "1.3 s"],
  [9.96, "10 s"],
  [59.6, "1 min"],
  [61, "1 min 1 s"],
  [7260, "2 h 1 min"],
  [90_000, "1 d 1 h"],
  [Number.NaN, "–"],
  [-1, "–"],
])("%d seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [123_456, "123 kB"],
  [5e9, "5.0 GB"],
])("%d bytes are %s", (count, text) => expect(bytes(count)).toBe(text));
