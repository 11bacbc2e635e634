import { expect, test } from "vitest";
import { requestOf } from "./requests";
import { NO_SAMPLING, turnOf } from "./turns";

const PICTURE = "data:image/png;base64,iVBO";
const SAMPLING = { temperature: 0.5, topP: 0.9, topK: 40, maxTokens: 7, seed: 3 };
const asked = {
  model: "m",
  system: "Be brief.",
  sampling: SAMPLING,
  turns: [turnOf(1, "user", "What?", [PICTURE]), turnOf(2, "assistant", "This."), turnOf(3, "assistant", "")],
};

test("OpenAI's chats", () => {
  expect(requestOf("chat", asked)).toEqual({
    path: "v1/chat/completions",
    headers: {},
    body: {
      model: "m",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "image_url", image_url: { url: PICTURE } },
          ],
        },
        { role: "assistant", content: "This." },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      max_tokens: 7,
      seed: 3,
    },
  });
});

test("OpenAI's responses", () => {
  expect(requestOf("responses", asked).body).toEqual({
    model: "m",
    instructions: "Be brief.",
    input: [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What?" },
          { type: "input_image", image_url: PICTURE },
        ],
      },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "This." }] },
    ],
    stream: true,
    temperature: 0.5,
    top_p: 0.9,
    max_output_tokens: 7,
  });
});

test("Anthropic's messages", () => {
  const { body, headers } = requestOf("messages", asked);
  expect(headers).toEqual({ "anthropic-version": "2023-06-01" });
  expect(body).toEqual({
    model: "m",
    system: "Be brief.",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } },
          { type: "text", text: "What?" },
        ],
      },
      { role: "assistant", content: "This." },
    ],
    stream: true,
    max_tokens: 7,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
  });
});

test("what is not set is left to the engine; Anthropic wants a limit", () => {
  const plain = { model: "m", system: " ", sampling: NO_SAMPLING, turns: [turnOf(1, "user", "a")] };
  expect(Object.keys(requestOf("chat", plain).body)).toEqual(["model", "messages", "stream", "stream_options"]);
  expect(requestOf("messages", plain).body).toMatchObject({
    max_tokens: 4096,
    messages: [{ role: "user", content: "a" }],
  });
});
