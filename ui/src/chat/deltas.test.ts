import { expect, test } from "vitest";
import { deltaOf } from "./deltas";

const delta = (value: unknown) => deltaOf(JSON.stringify(value));

test("content, reasoning under both of its names, and figures", () => {
  expect(delta({ choices: [{ delta: { content: "a" } }] })).toMatchObject({ content: "a", reasoning: "" });
  expect(delta({ choices: [{ delta: { reasoning_content: "r", content: null } }] })).toMatchObject({ reasoning: "r" });
  expect(delta({ choices: [{ delta: { reasoning: "q" } }] })).toMatchObject({ content: "", reasoning: "q" });
  expect(delta({ choices: [], usage: { completion_tokens: 7 } })).toMatchObject({ tokens: 7, content: "" });
});

test("an error in the stream is told in its words", () => {
  expect(delta({ error: { message: "the model died" } })?.error).toBe("the model died");
  expect(delta({ error: "no" })?.error).toBe("no");
});

test("the end and what is no JSON add nothing", () => {
  expect(deltaOf("[DONE]")).toBeNull();
  expect(deltaOf("{")).toBeNull();
});
