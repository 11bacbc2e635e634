import { expect, test } from "vitest";
import { Answer } from "./answer";
import { turnOf } from "./turns";

const chunk = (delta: object, more: object = {}) => JSON.stringify({ choices: [{ delta }], ...more });

test("an answer is put together, and timed from when it was asked for", () => {
  const turn = turnOf(1, "assistant", "");
  const answer = new Answer(turn, "chat");
  answer.take(chunk({ role: "assistant", content: "" }), 0.1);
  answer.take(chunk({ reasoning_content: "Hm" }), 0.5);
  answer.take(chunk({ reasoning_content: "." }), 1);
  answer.take(chunk({ content: "Two" }), 1.5);
  answer.take(chunk({ content: "." }), 2);
  expect(turn).toMatchObject({ content: "Two.", reasoning: "Hm." });
  expect(turn.figures).toEqual({ tokens: 4, told: false, prompt: null, first: 0.5, lasted: 1.5, thought: 1 });
  answer.take(JSON.stringify({ choices: [], usage: { completion_tokens: 9, prompt_tokens: 3 } }), 2.1);
  answer.end(2.2);
  expect(turn.figures).toMatchObject({ tokens: 9, told: true, prompt: 3, lasted: 1.5 });
});

test("what is said while the model loads is shown until the answer begins, and is no token", () => {
  const turn = turnOf(1, "assistant", "");
  const answer = new Answer(turn, "chat");
  answer.take(chunk({ reasoning_content: "━━━━━\nloading m" }), 1);
  expect(turn.loading).toBe("loading m");
  expect(turn.figures.first).toBeNull();
  answer.take(chunk({ reasoning_content: "\nDone!\n━━━━━\n" }), 2);
  answer.take(chunk({ content: "Hi" }), 3);
  expect(turn).toMatchObject({ loading: "", reasoning: "", content: "Hi" });
  expect(turn.figures).toMatchObject({ first: 3, tokens: 1 });
});

test("an error in the middle stays beside what was said", () => {
  const turn = turnOf(1, "assistant", "");
  const answer = new Answer(turn, "messages");
  answer.take(JSON.stringify({ type: "content_block_delta", delta: { type: "text_delta", text: "<think>a" } }), 1);
  answer.take(JSON.stringify({ type: "error", error: { message: "it died" } }), 2);
  answer.end(2);
  expect(turn).toMatchObject({ reasoning: "a", content: "", problem: "it died" });
});
