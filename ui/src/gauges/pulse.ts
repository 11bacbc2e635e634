import { KEPT } from "./performance";

/** How many requests there were at a moment. */
export interface Beat {
  timestamp: string;
  working: number;
  waiting: number;
}

/** How many requests there were in the last hour, as far as this page has seen it. */
export class Pulse {
  #beats: Beat[] = [];

  beat(beat: Beat): void {
    this.#beats.push(beat);
    const oldest = Date.parse(beat.timestamp) - KEPT;
    const first = this.#beats.findIndex(({ timestamp }) => Date.parse(timestamp) >= oldest);
    if (first > 0) this.#beats.splice(0, first);
  }

  all(): readonly Beat[] {
    return this.#beats;
  }
}
