import { expect, test } from "vitest";
import { answerOf, bodyOf, messagesOf, pretty } from "./said";

/** Events as they stand in a body. */
function stream(...events: unknown[]): string {
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "data: [DONE]\n\n"].join("");
}

test("a streamed chat becomes its text, with its reasoning apart", () => {
  const body = stream(
    { choices: [{ delta: { role: "assistant", content: "" } }] },
    { choices: [{ delta: { reasoning_content: "hm" } }] },
    { choices: [{ delta: { content: "Ah" } }] },
    { choices: [{ delta: { content: "oy" } }] },
    { choices: [], usage: { completion_tokens: 2 } },
  );
  expect(answerOf(body)).toEqual({ text: "Ahoy", reasoning: "hm", tools: [], error: "", events: 5 });
});

test("a call that comes in pieces is one call", () => {
  const piece = (called: object, index = 0) => ({
    choices: [{ delta: { tool_calls: [{ index, function: called }] } }],
  });
  const body = stream(
    piece({ name: "sail", arguments: "" }),
    piece({ arguments: '{"to":' }),
    piece({ arguments: "1}" }),
  );
  expect(answerOf(body)?.tools).toEqual([{ name: "sail", input: '{"to":1}' }]);
});

test("Anthropic's stream", () => {
  const body = [
    { type: "content_block_start", content_block: { type: "thinking" } },
    { type: "content_block_delta", delta: { type: "thinking_delta", thinking: "hm" } },
    { type: "content_block_delta", delta: { type: "text_delta", text: "Ahoy" } },
    { type: "content_block_start", content_block: { type: "tool_use", name: "sail", input: {} } },
    { type: "content_block_delta", delta: { type: "input_json_delta", partial_json: '{"to":1}' } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
  expect(answerOf(body)).toEqual({
    text: "Ahoy",
    reasoning: "hm",
    tools: [{ name: "sail", input: '{"to":1}' }],
    error: "",
    events: 5,
  });
});

test("the stream of Responses", () => {
  const body = stream(
    { type: "response.reasoning_summary_text.delta", delta: "hm" },
    { type: "response.output_text.delta", delta: "Ah" },
    { type: "response.output_text.delta", delta: "oy" },
    { type: "response.completed", response: { output: [{ type: "message", content: [{ text: "Ahoy" }] }] } },
  );
  expect(answerOf(body)).toMatchObject({ text: "Ahoy", reasoning: "hm" });
});

test("answers that come whole", () => {
  const chat = { choices: [{ message: { content: "Ahoy", reasoning: "hm" } }] };
  const message = {
    content: [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "Ahoy" },
    ],
  };
  const response = {
    output: [
      { type: "reasoning", summary: [{ text: "hm" }] },
      { type: "message", content: [{ type: "output_text", text: "Ahoy" }] },
    ],
  };
  for (const body of [chat, message, response]) {
    expect(answerOf(JSON.stringify(body))).toMatchObject({ text: "Ahoy", reasoning: "hm", events: 0 });
  }
  expect(answerOf('{"text": "transcribed"}')?.text).toBe("transcribed");
  expect(answerOf('{"choices": [{"text": "completed"}]}')?.text).toBe("completed");
});

test("an error in mid-stream is told, with what came before it", () => {
  const body = stream({ choices: [{ delta: { content: "Ah" } }] }, { error: { message: "lost" } });
  expect(answerOf(body)).toMatchObject({ text: "Ah", error: "lost" });
});

test("what says nothing is no answer", () => {
  for (const body of ["", "<html>", "[1]", "null", '{"data": [{"embedding": [1]}]}', "data: {\n\n"]) {
    expect(answerOf(body)).toBeNull();
  }
});

test("the messages of a request, pictures and calls included; nothing is fetched for them", () => {
  const picture = "data:image/png;base64,AAAA";
  const body = JSON.stringify({
    messages: [
      { role: "system", content: "Be kind." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: picture } },
          { type: "image_url", image_url: { url: "https://elsewhere.example/a.png" } },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{ function: { name: "look", arguments: "{}" } }] },
    ],
  });
  expect(messagesOf(body)).toEqual([
    { role: "system", text: "Be kind.", pictures: [] },
    { role: "user", text: "What is this?\n[image_url]", pictures: [picture] },
    { role: "assistant", text: "look({})", pictures: [] },
  ]);
  expect(messagesOf('{"instructions": "Be kind.", "input": "Hello"}')?.map(({ role }) => role)).toEqual([
    "system",
    "user",
  ]);
  expect(messagesOf('{"system": [{"type": "text", "text": "Be kind."}], "messages": []}')?.[0]?.text).toBe("Be kind.");
  expect(messagesOf("no JSON")).toBeNull();
  expect(messagesOf('{"model": "m"}')).toBeNull();
});

test("bodies", () => {
  expect(bodyOf(null)).toBeNull();
  expect(bodyOf("w6Q=")).toEqual({ text: "ä", size: 2 });
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty("a")).toBeNull();
});
