import { ask } from "../api/client";
import { inPath } from "../api/place";
import { textOf } from "../stream/sse";
import { Lines } from "./lines";

const PAUSE = 3000;

/** The log of one model, read along while somebody looks. */
export class LogTail {
  readonly lines = new Lines();
  /** Rises with each piece. */
  version = $state(0);
  #abort: AbortController | null = null;

  /** Begin with what there is, and go on until closed, also when the server is away for a while. */
  follow(model: string): void {
    this.close();
    const abort = new AbortController();
    this.#abort = abort;
    void this.#read(model, abort.signal);
  }

  close(): void {
    this.#abort?.abort();
    this.#abort = null;
  }

  async #read(model: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { body } = await ask(`logs/stream/${inPath(model)}`, { signal });
        this.lines.clear();
        if (body) for await (const text of textOf(body)) this.#take(text);
      } catch {
        // Whatever it was: it is tried again.
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  #take(text: string): void {
    this.lines.push(text);
    this.version += 1;
  }
}
