/** What one event of a streamed chat adds. */
export interface Delta {
  content: string;
  reasoning: string;
  /** Tokens of the answer, as the engine counts them, where it says so. */
  tokens: number | null;
  /** What went wrong, where the stream says that something did. */
  error: string | null;
}

interface Chunk {
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null } }[];
  usage?: { completion_tokens?: number } | null;
  error?: string | { message?: string };
}

/** Read the data of an event of `/v1/chat/completions`. Null where it adds nothing. */
export function deltaOf(data: string): Delta | null {
  if (data === "[DONE]") return null;
  let chunk: Chunk;
  try {
    chunk = JSON.parse(data) as Chunk;
  } catch {
    return null;
  }
  const delta = chunk.choices?.[0]?.delta;
  const error = typeof chunk.error === "string" ? chunk.error : (chunk.error?.message ?? null);
  return {
    content: delta?.content ?? "",
    reasoning: delta?.reasoning_content ?? delta?.reasoning ?? "",
    tokens: chunk.usage?.completion_tokens ?? null,
    error,
  };
}
