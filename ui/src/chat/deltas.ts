import type { Dialect } from "./turns";

/** What one event of a streamed answer adds. */
export interface Delta {
  content: string;
  reasoning: string;
  /** Tokens of the answer and of the prompt, as the engine counts them, where it says so. */
  tokens: number | null;
  prompt: number | null;
  /** What went wrong, where the stream says that something did. */
  error: string | null;
}

interface Usage {
  completion_tokens?: number;
  prompt_tokens?: number;
  output_tokens?: number;
  input_tokens?: number;
}

type Problem = string | { message?: string } | null;

/** All that the three protocols have in their events, as far as it is read here. */
interface Chunk {
  type?: string;
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null } }[];
  delta?: string | { type?: string; text?: string; thinking?: string };
  usage?: Usage | null;
  message?: string | { usage?: Usage };
  response?: { usage?: Usage | null; error?: Problem; incomplete_details?: { reason?: string } | null };
  error?: Problem;
}

/** Read the data of one event. Null where it adds nothing. */
export function deltaOf(dialect: Dialect, data: string): Delta | null {
  const chunk = data === "[DONE]" ? null : parsed(data);
  if (chunk === null) return null;
  const error = problem(chunk.error);
  // Words while a model loads, and errors, come in OpenAI's form whatever the protocol.
  const delta = chunk.choices ? ofChat(chunk) : READERS[dialect](chunk);
  if (error !== null) delta.error = error;
  return delta;
}

const READERS: Record<Dialect, (chunk: Chunk) => Delta> = {
  chat: ofChat,
  responses: ofResponses,
  messages: ofMessages,
};

function ofChat(chunk: Chunk): Delta {
  const delta = chunk.choices?.[0]?.delta;
  return nothing({
    content: delta?.content ?? "",
    reasoning: delta?.reasoning_content ?? delta?.reasoning ?? "",
    ...counted(chunk.usage),
  });
}

function ofResponses(chunk: Chunk): Delta {
  const said = typeof chunk.delta === "string" ? chunk.delta : "";
  switch (chunk.type) {
    case "response.output_text.delta":
      return nothing({ content: said });
    case "response.reasoning_text.delta":
    case "response.reasoning_summary_text.delta":
      return nothing({ reasoning: said });
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      return nothing({ ...counted(chunk.response?.usage), error: problem(chunk.response?.error) });
    case "error":
      return nothing({ error: typeof chunk.message === "string" ? chunk.message : null });
    default:
      return nothing({});
  }
}

function ofMessages(chunk: Chunk): Delta {
  const delta = typeof chunk.delta === "object" ? chunk.delta : {};
  switch (chunk.type) {
    case "message_start":
      return nothing({ prompt: typeof chunk.message === "object" ? counted(chunk.message.usage).prompt : null });
    case "content_block_delta":
      return nothing({ content: delta.text ?? "", reasoning: delta.thinking ?? "" });
    case "message_delta":
      return nothing({ tokens: counted(chunk.usage).tokens });
    default:
      return nothing({});
  }
}

function nothing(but: Partial<Delta>): Delta {
  return { content: "", reasoning: "", tokens: null, prompt: null, error: null, ...but };
}

function counted(usage: Usage | null | undefined): { tokens: number | null; prompt: number | null } {
  return {
    tokens: usage?.completion_tokens ?? usage?.output_tokens ?? null,
    prompt: usage?.prompt_tokens ?? usage?.input_tokens ?? null,
  };
}

function problem(error: Problem | undefined): string | null {
  return typeof error === "string" ? error : (error?.message ?? null);
}

function parsed(data: string): Chunk | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
