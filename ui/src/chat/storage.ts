import type { Dialect, Sampling, Turn } from "./turns";
import { NO_FIGURES, NO_SAMPLING } from "./turns";

const STORED = "modelyard.chat";

/** A chat as it is kept. */
export interface Kept {
  model: string;
  dialect: Dialect;
  system: string;
  sampling: Sampling;
  turns: Turn[];
}

/** Keep the chat as long as the tab. Pictures are left out where there is no room for them. */
export function keep(chat: Kept): void {
  for (const kept of [chat, { ...chat, turns: chat.turns.map((turn) => ({ ...turn, images: [] })) }]) {
    try {
      sessionStorage.setItem(STORED, JSON.stringify(kept));
      return;
    } catch {
      // No room: the next attempt is smaller.
    }
  }
}

/** The chat that this tab keeps. An answer that was being given when the tab left ends where it was. */
export function kept(): Partial<Kept> {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Partial<Kept>;
    return {
      ...found,
      sampling: { ...NO_SAMPLING, ...found.sampling },
      turns: (found.turns ?? []).map((turn) => ({ ...turn, figures: { ...NO_FIGURES, ...turn.figures }, loading: "" })),
    };
  } catch {
    return {};
  }
}
