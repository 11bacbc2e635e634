import { expect, test } from "vitest";
import { LoadingWords, ThinkTags } from "./thinking";

function parts(...pieces: string[]): { content: string; reasoning: string } {
  const tags = new ThinkTags();
  const all = [...pieces.map((piece) => tags.push(piece)), tags.end()];
  return { content: all.map((one) => one.content).join(""), reasoning: all.map((one) => one.reasoning).join("") };
}

const ANSWER = "<think>\nHm. 1 < 2, so\n</think>\n\nIt is 2.";

test("thoughts between tags are told from the answer, however the text is cut", () => {
  const expected = { content: "It is 2.", reasoning: "Hm. 1 < 2, so" };
  for (let at = 0; at <= ANSWER.length; at += 1) {
    const cut = parts(ANSWER.slice(0, at), ANSWER.slice(at));
    expect({ content: cut.content.trim(), reasoning: cut.reasoning.trim() }).toEqual(expected);
  }
  const letters = parts(...ANSWER);
  expect(letters.reasoning.trim()).toBe(expected.reasoning);
  expect(letters.content.trim()).toBe(expected.content);
});

test("tags in the middle of an answer are a part of it", () => {
  expect(parts("Use the <think> tag.")).toEqual({ content: "Use the <think> tag.", reasoning: "" });
  expect(parts("<", "b>bold</b>")).toEqual({ content: "<b>bold</b>", reasoning: "" });
});

test("thoughts that never end stay thoughts, and what might have been a tag is not lost", () => {
  expect(parts("<thinking>a </", "x")).toEqual({ content: "", reasoning: "a </x" });
  expect(parts("<thi")).toEqual({ content: "<thi", reasoning: "" });
});

test("what is said while a model loads is no reasoning", () => {
  const words = new LoadingWords();
  const said = "━━━━━\nmodelyard loading model: m\n\nQueue position: #2 \nDone! (1.2s)\n━━━━━\n \nReally thinking";
  let reasoning = "";
  let loading = "";
  for (const letter of said) {
    const told = words.push(letter);
    reasoning += told.reasoning;
    loading = told.loading || loading;
  }
  expect(reasoning.trim()).toBe("Really thinking");
  expect(loading).toContain("loading model: m");
  expect(loading).toContain("Done!");
});

test("reasoning that is no loading passes at once", () => {
  const words = new LoadingWords();
  expect(words.push("Let me see")).toEqual({ reasoning: "Let me see", loading: "" });
  expect(words.push("━━━━━")).toEqual({ reasoning: "━━━━━", loading: "" });
});
