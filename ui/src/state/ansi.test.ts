import { expect, test } from "vitest";
import { plain, styled } from "./ansi";

const shown = (line: string) => styled(line).map(({ text, colour }) => [text, colour]);

test("colours of the sixteen, of the 256 and of all", () => {
  expect(shown("a\x1b[31mred\x1b[0m b")).toEqual([["a", null], ["red", 1], [" b", null]]); // prettier-ignore
  expect(shown("\x1b[1;92mx")).toEqual([["x", 10]]);
  expect(shown("\x1b[38;5;196mx\x1b[38;5;240my\x1b[39mz")).toEqual([
    ["x", "rgb(255 0 0)"],
    ["y", "rgb(88 88 88)"],
    ["z", null],
  ]);
  expect(shown("\x1b[38;2;1;2;3mx")).toEqual([["x", "rgb(1 2 3)"]]);
});

test("the background's codes do not become colours of the text", () => {
  expect(shown("\x1b[48;5;31;33mx")).toEqual([["x", 3]]);
});

test("what is no colour is left out", () => {
  expect(plain("\x1b[2K\x1b]0;title\x07done\x1b[?25h")).toBe("done");
  expect(styled("plain")).toEqual([{ text: "plain", colour: null, bold: false, dim: false }]);
});
