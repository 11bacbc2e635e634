import { EventStream } from "./connection";
import { Digest } from "./digest";
import type { Connection, Told } from "./messages";

/** One stream for many listeners: each is told everything that is the case, then what changes. */
export class Hub {
  #digest = new Digest();
  #connection: Connection = { state: "connecting" };
  #listeners = new Set<(told: Told) => void>();
  #stream: EventStream | null = null;

  /** Listen; the first listener opens the stream. */
  join(listener: (told: Told) => void, url: string, key: string | null): void {
    listener({ kind: "reset" });
    listener({ kind: "news", news: this.#digest.snapshot() });
    listener({ kind: "connection", connection: this.#connection });
    this.#listeners.add(listener);
    if (this.#stream === null) {
      this.#stream = new EventStream(url, key, (told) => this.#hear(told));
      this.#stream.connect();
    }
  }

  /** Listen no more; the last listener closes the stream. */
  leave(listener: (told: Told) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) {
      this.#stream?.close();
      this.#stream = null;
      this.#digest.clear();
      this.#connection = { state: "connecting" };
    }
  }

  /** Connect at once where the stream is lost. */
  retry(): void {
    if (this.#connection.state !== "live") this.#stream?.connect();
  }

  #hear(told: Told): void {
    if (told.kind === "reset") this.#digest.clear();
    else if (told.kind === "news") told.news.forEach((message) => this.#digest.add(message));
    else this.#connection = told.connection;
    for (const listener of this.#listeners) listener(told);
  }
}
