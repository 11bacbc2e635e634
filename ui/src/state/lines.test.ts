import { expect, test } from "vitest";
import { Lines } from "./lines";

test("pieces become lines once they are complete", () => {
  const lines = new Lines();
  expect(lines.push("one\ntw")).toEqual(["one"]);
  expect(lines.push("o\r\n10 %\r20 %\r\nrest")).toEqual(["two", "20 %"]);
  expect(lines.all().map((line) => line.text)).toEqual(["one", "two", "20 %"]);
});

test("only the latest are kept, and each keeps its number", () => {
  const lines = new Lines(10);
  for (let number = 0; number < 100; number++) lines.push(`${number}\n`);
  const kept = lines.all();
  expect(kept.length).toBeLessThanOrEqual(12);
  expect(kept.every((line) => line.text === String(line.number))).toBe(true);
  expect(kept.at(-1)?.text).toBe("99");
});

test("a line that never ends does not grow for ever", () => {
  const lines = new Lines();
  for (let number = 0; number < 1000; number++) lines.push("x".repeat(1000));
  expect(lines.push("\n")[0]?.length).toBe(100_000);
});
