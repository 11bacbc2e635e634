/** In which protocol a chat is held. */
export type Dialect = "chat" | "responses" | "messages";

export const DIALECTS: readonly Dialect[] = ["chat", "responses", "messages"];

/** The figures of one answer. Times are seconds. */
export interface Figures {
  tokens: number;
  /** Whether the engine said how many; else they are the pieces that came. */
  told: boolean;
  prompt: number | null;
  /** Until the first piece, of a thought or of the answer. */
  first: number | null;
  /** From the first piece to the last. */
  lasted: number;
  /** How long was thought; null until the answer begins. */
  thought: number | null;
}

/** What one side said. */
export interface Turn {
  id: number;
  role: "user" | "assistant";
  content: string;
  reasoning: string;
  /** Data URLs. */
  images: string[];
  /** Who answered; empty for what people say. */
  model: string;
  /** What the server says while the model loads. */
  loading: string;
  /** What went wrong. */
  problem: string | null;
  stopped: boolean;
  figures: Figures;
}

/** What an answer is asked for with; null leaves it to the engine. */
export interface Sampling {
  temperature: number | null;
  topP: number | null;
  topK: number | null;
  maxTokens: number | null;
  seed: number | null;
}

export const NO_FIGURES: Figures = { tokens: 0, told: false, prompt: null, first: null, lasted: 0, thought: null };
export const NO_SAMPLING: Sampling = { temperature: null, topP: null, topK: null, maxTokens: null, seed: null };

/** A turn that says this. */
export function turnOf(id: number, role: Turn["role"], content: string, images: string[] = []): Turn {
  const nothing = { reasoning: "", model: "", loading: "", problem: null, stopped: false };
  return { id, role, content, images, ...nothing, figures: { ...NO_FIGURES } };
}
