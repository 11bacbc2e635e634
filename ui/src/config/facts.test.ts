import { expect, test } from "vitest";
import { said, shortly } from "./facts";

test("a command has a switch a line", () => {
  const words = ["llama-server", "--port", "5800", "-m", "/models/a b.gguf", "--temp", "-1", "--flag"];
  expect(said(words, "cmd")).toBe(
    "llama-server\n    --port 5800\n    -m '/models/a b.gguf'\n    --temp -1\n    --flag",
  );
});

test("lists, nothing, and the rest", () => {
  expect(said(["a", "b"])).toBe("a, b");
  expect(said(["A=one two", "B=1"])).toBe("A=one two\nB=1");
  expect([said([]), said(null), said("")]).toEqual(["–", "–", "–"]);
  expect([said(0), said(false), said({ a: 1 })]).toEqual(["0", "false", '{\n  "a": 1\n}']);
});

test("an origin is told without the folders of its file", () => {
  const origin = {
    kind: "macro",
    name: "m",
    file: "/etc/my/c.yaml",
    line: 3,
    column: 1,
    text: "macro m at /etc/my/c.yaml:3:1",
  };
  expect(shortly(origin)).toBe("macro m at c.yaml:3:1");
});
