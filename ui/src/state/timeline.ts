import type { Phase } from "../api/types";

/** A while that a model spent in one phase; times are milliseconds since the epoch, `to` is null while it lasts. */
export interface Span {
  /** Its own among all spans. */
  id: number;
  model: string;
  phase: Phase;
  from: number;
  to: number | null;
  why: string;
}

/** How far back it goes, in milliseconds. */
export const KEPT = 15 * 60_000;
const MOST_SPANS = 2000;
const AWAY: ReadonlySet<Phase> = new Set(["stopped", "shutdown"]);

/** Who was resident when in the last minutes, and why that changed. */
export class Timeline {
  #spans: Span[] = [];
  #count = 0;

  /** All spans, in the order of their news; those of models that are away are left out. */
  spans(): readonly Span[] {
    return this.#spans;
  }

  /** A model is in a phase since then, for this reason. Returns whether that is news. */
  note(model: string, phase: Phase, since: number, why = ""): boolean {
    const last = this.#lastOf(model);
    if (last?.to === null) {
      if (last.phase === phase) return false;
      last.to = Math.max(since, last.from);
    }
    if (AWAY.has(phase)) return last !== undefined;
    this.#spans.push({ id: ++this.#count, model, phase, from: since, to: null, why });
    this.#forget(since);
    return true;
  }

  /** It is known better how long a model has been in its phase. */
  correct(model: string, phase: Phase, since: number): void {
    const last = this.#lastOf(model);
    if (last?.to === null && last.phase === phase && since < last.from - 1000) last.from = since;
  }

  #lastOf(model: string): Span | undefined {
    return this.#spans.findLast((span) => span.model === model);
  }

  /** Old spans go in lots. */
  #forget(now: number): void {
    const oldest = this.#spans.find((span) => span.to !== null)?.to ?? now;
    if (this.#spans.length < 1.1 * MOST_SPANS && oldest > now - 1.1 * KEPT) return;
    const kept = this.#spans.filter((span) => span.to === null || span.to > now - KEPT);
    this.#spans = kept.slice(-MOST_SPANS);
  }
}
