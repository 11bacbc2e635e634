import type { Dialect, Sampling, Turn } from "./turns";

/** What is asked, whatever the protocol. */
export interface Asked {
  model: string;
  system: string;
  sampling: Sampling;
  turns: readonly Turn[];
}

export interface ChatRequest {
  path: string;
  headers: Record<string, string>;
  body: object;
}

/** Anthropic's protocol wants a limit. */
export const DEFAULT_MAX_TOKENS = 4096;

/** Which of the settings a protocol has. */
export const SAMPLING: Record<Dialect, readonly (keyof Sampling)[]> = {
  chat: ["temperature", "topP", "topK", "maxTokens", "seed"],
  responses: ["temperature", "topP", "maxTokens"],
  messages: ["temperature", "topP", "topK", "maxTokens"],
};

/** The request that lets a model answer, as a stream. Turns without anything in them are left out. */
export function requestOf(dialect: Dialect, asked: Asked): ChatRequest {
  return BUILDERS[dialect]({ ...asked, turns: asked.turns.filter((turn) => turn.content || turn.images.length) });
}

const BUILDERS: Record<Dialect, (asked: Asked) => ChatRequest> = {
  chat: ({ model, system, sampling, turns }) => ({
    path: "v1/chat/completions",
    headers: {},
    body: {
      model,
      messages: [
        ...(system.trim() ? [{ role: "system", content: system }] : []),
        ...turns.map((turn) => ({ role: turn.role, content: openAiContent(turn) })),
      ],
      stream: true,
      stream_options: { include_usage: true },
      ...given(sampling, "chat", { topP: "top_p", topK: "top_k", maxTokens: "max_tokens" }),
    },
  }),
  responses: ({ model, system, sampling, turns }) => ({
    path: "v1/responses",
    headers: {},
    body: {
      model,
      ...(system.trim() ? { instructions: system } : {}),
      input: turns.map((turn) => ({ type: "message", role: turn.role, content: responsesContent(turn) })),
      stream: true,
      ...given(sampling, "responses", { topP: "top_p", maxTokens: "max_output_tokens" }),
    },
  }),
  messages: ({ model, system, sampling, turns }) => ({
    path: "v1/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body: {
      model,
      ...(system.trim() ? { system } : {}),
      messages: turns.map((turn) => ({ role: turn.role, content: anthropicContent(turn) })),
      stream: true,
      max_tokens: DEFAULT_MAX_TOKENS,
      ...given(sampling, "messages", { topP: "top_p", topK: "top_k", maxTokens: "max_tokens" }),
    },
  }),
};

function given(
  sampling: Sampling,
  dialect: Dialect,
  names: Partial<Record<keyof Sampling, string>>,
): Record<string, number> {
  const settings: Record<string, number> = {};
  for (const key of SAMPLING[dialect]) {
    const value = sampling[key];
    if (value !== null) settings[names[key] ?? key] = value;
  }
  return settings;
}

function text(turn: Turn): { type: "text"; text: string }[] {
  return turn.content ? [{ type: "text", text: turn.content }] : [];
}

function openAiContent(turn: Turn): unknown {
  if (!turn.images.length) return turn.content;
  return [...text(turn), ...turn.images.map((url) => ({ type: "image_url", image_url: { url } }))];
}

function responsesContent(turn: Turn): unknown {
  const type = turn.role === "assistant" ? "output_text" : "input_text";
  const said = turn.content ? [{ type, text: turn.content }] : [];
  return [...said, ...turn.images.map((url) => ({ type: "input_image", image_url: url }))];
}

function anthropicContent(turn: Turn): unknown {
  if (!turn.images.length) return turn.content;
  const images = turn.images.map((url) => {
    const [head = "", data = ""] = url.split(",", 2);
    const media_type = head.replace(/^data:/, "").replace(/;.*$/, "");
    return { type: "image", source: { type: "base64", media_type, data } };
  });
  // Anthropic's advice: pictures stand before what is asked of them.
  return [...images, ...text(turn)];
}
