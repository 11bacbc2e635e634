import { askIfThere } from "../api/client";
import type { Explanation } from "../api/types";

/** Milliseconds between two questions, however much moves. */
const PAUSE = 700;

/** What a request would meet, of all models or of one. Ask again whenever something has moved. */
export class Explained {
  all = $state.raw<ReadonlyMap<string, Explanation>>(new Map());
  #query: string;
  #asking = false;
  #again = false;

  constructor(model?: string) {
    this.#query = model === undefined ? "" : `?model=${encodeURIComponent(model)}`;
  }

  /** Look soon; of many wishes meanwhile one is granted. */
  look(): void {
    if (this.#asking) this.#again = true;
    else void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      const found = await askIfThere<{ models: Explanation[] }>(`api/explain${this.#query}`);
      if (found) this.all = new Map(found.models.map((one) => [one.model, one]));
    } catch {
      // The stream says whether the server is there.
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    this.#asking = false;
    if (!this.#again) return;
    this.#again = false;
    void this.#ask();
  }
}
