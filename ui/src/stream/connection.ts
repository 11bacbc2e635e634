import type { Told } from "./messages";
import { unwrap } from "./messages";
import { EventReader, textOf } from "./sse";

/** Seconds before each attempt to connect anew; the last one repeats. */
const PAUSES = [1, 2, 4, 5];
/** Milliseconds that news may be gathered before they are told. */
const GATHER = 15;

/** Holds the one stream of events open, for ever, and tells what comes. */
export class EventStream {
  #url: string;
  #key: string | null;
  #tell: (told: Told) => void;
  #attempt = 0;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, key: string | null, tell: (told: Told) => void) {
    this.#url = url;
    this.#key = key;
    this.#tell = tell;
  }

  /** Connect now, also where the next attempt would be later. */
  connect(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    void this.#run(this.#abort.signal);
  }

  /** Let go for good. */
  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#tell({ kind: "connection", connection: { state: "connecting" } });
    try {
      const headers = this.#key === null ? {} : { Authorization: `Bearer ${this.#key}` };
      const response = await fetch(this.#url, { headers, signal, cache: "no-store" });
      if (response.status === 401 || response.status === 403) {
        this.#tell({ kind: "connection", connection: { state: "refused" } });
        return;
      }
      if (response.ok && response.body) await this.#read(response.body);
    } catch {
      // Whatever it was: the next attempt shows whether it has passed.
    }
    if (!signal.aborted) this.#retryLater();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#attempt = 0;
    this.#tell({ kind: "reset" });
    this.#tell({ kind: "connection", connection: { state: "live" } });
    const reader = new EventReader();
    const gathered = new Gathered(this.#tell);
    try {
      for await (const text of textOf(body)) {
        for (const event of reader.push(text)) gathered.add(event.data);
      }
    } finally {
      gathered.flush();
    }
  }

  #retryLater(): void {
    const pause = PAUSES[Math.min(this.#attempt, PAUSES.length - 1)] ?? 5;
    this.#attempt += 1;
    this.#tell({ kind: "connection", connection: { state: "lost", retryAt: Date.now() + pause * 1000 } });
    this.#timer = setTimeout(() => this.connect(), pause * 1000);
  }
}

/** Hundreds of events a second are told in some sixty lots. */
class Gathered {
  #news: ReturnType<typeof unwrap>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tell: (told: Told) => void;

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
  }

  add(data: string): void {
    this.#news.push(unwrap(data));
    this.#timer ??= setTimeout(() => this.flush(), GATHER);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news = this.#news.filter((message) => message !== null);
    this.#news = [];
    if (news.length) this.#tell({ kind: "news", news });
  }
}
