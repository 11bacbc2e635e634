import { duration } from "../state/format";

/** Texts that somebody typed: a JSON list of texts, or else one on each line that is not empty. */
export function textsOf(typed: string): string[] {
  if (typed.trimStart().startsWith("[")) {
    try {
      const list: unknown = JSON.parse(typed);
      if (Array.isArray(list) && list.every((one) => typeof one === "string")) return list.filter((one) => one.trim());
    } catch {
      // Then it is lines, one of which begins with a bracket.
    }
  }
  return typed
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Names of voices, of any of the shapes in which engines list them. */
export function voicesOf(answer: unknown): string[] {
  const list = Array.isArray(answer)
    ? answer
    : ((answer as { voices?: unknown; data?: unknown } | null)?.voices ?? null);
  if (!Array.isArray(list)) return [];
  const names = list.map((one: unknown) => {
    if (typeof one === "string") return one;
    const voice = one as { id?: string; name?: string; voice_id?: string } | null;
    return voice?.id ?? voice?.voice_id ?? voice?.name ?? "";
  });
  return [...new Set(names.filter(Boolean))];
}

/** One line of a recording. */
export interface Segment {
  start: number;
  end: number;
  text: string;
}

/** What a transcription says, of any of the shapes in which engines give it. */
export function transcriptOf(body: string): { text: string; segments: Segment[]; language: string } {
  try {
    const answer = JSON.parse(body) as { text?: string; segments?: Partial<Segment>[]; language?: string };
    if (typeof answer === "object" && typeof answer.text === "string") {
      const segments = (answer.segments ?? []).map(({ start = 0, end = 0, text = "" }) => ({ start, end, text }));
      return { text: answer.text.trim(), segments, language: answer.language ?? "" };
    }
  } catch {
    // Then it is plain text.
  }
  return { text: body.trim(), segments: [], language: "" };
}

/** How long something took: milliseconds below a second. */
export function briefly(seconds: number): string {
  return seconds < 0.9995 ? `${Math.round(1000 * seconds)} ms` : duration(seconds);
}

/** A moment of a recording: `0:03.2`, `61:05.0`. */
export function moment(seconds: number): string {
  const tenths = Math.max(0, Math.round(seconds * 10));
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}
