import { expect, test } from "vitest";
import { deltaOf } from "./deltas";
import type { Dialect } from "./turns";

const read = (dialect: Dialect, value: unknown) => deltaOf(dialect, JSON.stringify(value));

test("OpenAI's chats: content, reasoning under both of its names, and figures", () => {
  const delta = (value: unknown) => read("chat", value);
  expect(delta({ choices: [{ delta: { content: "a" } }] })).toMatchObject({ content: "a", reasoning: "" });
  expect(delta({ choices: [{ delta: { reasoning_content: "r", content: null } }] })).toMatchObject({ reasoning: "r" });
  expect(delta({ choices: [{ delta: { reasoning: "q" } }] })).toMatchObject({ content: "", reasoning: "q" });
  expect(delta({ choices: [], usage: { completion_tokens: 7, prompt_tokens: 2 } })).toMatchObject({
    tokens: 7,
    prompt: 2,
    content: "",
  });
});

test("OpenAI's responses: named events", () => {
  const delta = (type: string, more: object) => read("responses", { type, ...more });
  expect(delta("response.output_text.delta", { delta: "a" })).toMatchObject({ content: "a" });
  expect(delta("response.reasoning_text.delta", { delta: "r" })).toMatchObject({ reasoning: "r", content: "" });
  expect(delta("response.reasoning_summary_text.delta", { delta: "s" })).toMatchObject({ reasoning: "s" });
  const usage = { output_tokens: 5, input_tokens: 3 };
  expect(delta("response.completed", { response: { usage } })).toMatchObject({ tokens: 5, prompt: 3, error: null });
  expect(delta("response.failed", { response: { error: { message: "no" } } })?.error).toBe("no");
  expect(delta("error", { message: "broken" })?.error).toBe("broken");
  expect(delta("response.output_text.done", { text: "whole" })?.content).toBe("");
});

test("Anthropic's messages: blocks", () => {
  const delta = (type: string, more: object) => read("messages", { type, ...more });
  expect(delta("message_start", { message: { usage: { input_tokens: 4, output_tokens: 0 } } })).toMatchObject({
    prompt: 4,
    tokens: null,
  });
  expect(delta("content_block_delta", { delta: { type: "text_delta", text: "a" } })).toMatchObject({ content: "a" });
  expect(delta("content_block_delta", { delta: { type: "thinking_delta", thinking: "r" } })?.reasoning).toBe("r");
  expect(delta("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } })?.tokens).toBe(9);
  expect(delta("error", { error: { type: "overloaded_error", message: "full" } })?.error).toBe("full");
});

test("an error in the stream is told in its words, and so are words in OpenAI's form in any protocol", () => {
  for (const dialect of ["chat", "responses", "messages"] as const) {
    expect(read(dialect, { error: { message: "the model died" } })?.error).toBe("the model died");
    expect(read(dialect, { error: "no" })?.error).toBe("no");
    expect(read(dialect, { choices: [{ delta: { reasoning_content: "loading" } }] })?.reasoning).toBe("loading");
  }
});

test("the end and what is no JSON object add nothing", () => {
  for (const data of ["[DONE]", "{", "null", "7"]) expect(deltaOf("chat", data)).toBeNull();
});
