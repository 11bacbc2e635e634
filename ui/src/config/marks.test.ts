import { Text } from "@codemirror/state";
import { expect, test } from "vitest";
import { marksOf, offsetOf, warningsOf } from "./marks";

const doc = Text.of(["models:", "  😀: {ttl: soon}", ""]);

test("a place is found by characters, not by their halves", () => {
  expect(offsetOf(doc, { line: 1, column: 1 })).toBe(0);
  expect(offsetOf(doc, { line: 2, column: 12 })).toBe(8 + "  😀: {ttl: ".length);
});

test("a place that is gone is the nearest one", () => {
  expect(offsetOf(doc, { line: 0, column: 0 })).toBe(0);
  expect(offsetOf(doc, { line: 1, column: 99 })).toBe(7);
  expect(offsetOf(doc, { line: 99, column: 1 })).toBe(doc.length);
});

test("mistakes of other files are not marked in this one", () => {
  const problem = { file: "a.yaml", line: 2, column: 3, path: "models.a.ttl", message: "is wrong", remedy: "mend it" };
  expect(marksOf([problem, { ...problem, file: "b.yaml" }], "a.yaml")).toEqual([
    { line: 2, column: 3, severity: "error", message: "models.a.ttl: is wrong (mend it)" },
  ]);
  expect(marksOf([{ ...problem, path: "", remedy: "" }], "a.yaml")[0]?.message).toBe("is wrong");
});

test("warnings are told apart by their file and place", () => {
  expect(
    warningsOf(["/etc/a.yaml:3:5: x: odd: really", "/etc/b.yaml:1:1: odd", "from nowhere"], "/etc/a.yaml"),
  ).toEqual([{ line: 3, column: 5, severity: "warning", message: "x: odd: really" }]);
});
