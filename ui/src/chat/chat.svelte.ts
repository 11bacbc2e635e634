import { ask } from "../api/client";
import { busy } from "../state/busy.svelte";
import { EventReader, textOf } from "../stream/sse";
import { Answer } from "./answer";
import { requestOf } from "./requests";
import { SESSION } from "./session";
import { keep, kept } from "./storage";
import { NO_SAMPLING, turnOf, type Dialect, type Sampling, type Turn } from "./turns";

/** Milliseconds after a change until the chat is kept. */
const KEPT_AFTER = 400;

/** One chat. It goes on while other pages are looked at, and the tab keeps it. */
class Chat {
  model = $state("");
  dialect = $state<Dialect>("chat");
  system = $state("");
  sampling = $state<Sampling>({ ...NO_SAMPLING });
  turns = $state<Turn[]>([]);
  running = $state(false);
  #abort = new AbortController();
  #last = 0;
  #keeping: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    Object.assign(this, kept());
    this.#last = Math.max(0, ...this.turns.map((turn) => turn.id));
    addEventListener("pagehide", () => this.#keep());
  }

  /** Say something, and let the model answer. */
  async say(text: string, images: string[]): Promise<void> {
    this.turns.push(this.#turn("user", text, images));
    await this.#answer();
  }

  /** Let the model answer once more to what was said before this turn; to the turn itself, where it is no answer. */
  async again(turn: Turn): Promise<void> {
    this.stop();
    const at = this.turns.findIndex((one) => one.id === turn.id);
    if (at < 0) return;
    this.turns = this.turns.slice(0, turn.role === "user" ? at + 1 : at);
    await this.#answer();
  }

  /** Let a turn have said something else. */
  async edit(turn: Turn, text: string): Promise<void> {
    turn.content = text;
    if (turn.role === "user") await this.again(turn);
    else this.changed();
  }

  /** Let it never have been said. */
  remove(turn: Turn): void {
    if (turn === this.turns.at(-1)) this.stop();
    this.turns = this.turns.filter((one) => one.id !== turn.id);
    this.changed();
  }

  stop(): void {
    this.#abort.abort();
  }

  clear(): void {
    this.stop();
    this.turns = [];
    this.changed();
  }

  /** Something is to be kept. */
  changed(): void {
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => this.#keep(), KEPT_AFTER);
  }

  #keep(): void {
    const { model, dialect, system, sampling, turns } = this;
    keep($state.snapshot({ model, dialect, system, sampling, turns }));
  }

  #turn(role: Turn["role"], content: string, images: string[] = []): Turn {
    this.#last += 1;
    return turnOf(this.#last, role, content, images);
  }

  async #answer(): Promise<void> {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    const { dialect, model, system, sampling, turns } = this;
    const request = requestOf(dialect, $state.snapshot({ model, system, sampling, turns }));
    this.turns.push({ ...this.#turn("assistant", ""), model });
    const turn = this.turns.at(-1) as Turn;
    this.running = true;
    const ended = busy.begin();
    this.changed();
    const began = performance.now();
    const after = () => (performance.now() - began) / 1000;
    const answer = new Answer(turn, dialect);
    try {
      const response = await ask(request.path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Session-ID": SESSION, ...request.headers },
        body: JSON.stringify(request.body),
        signal: abort.signal,
      });
      const reader = new EventReader();
      for await (const text of response.body ? textOf(response.body) : []) {
        for (const event of reader.push(text)) answer.take(event.data, after());
      }
    } catch (error) {
      if (abort.signal.aborted) turn.stopped = true;
      else turn.problem = error instanceof Error ? error.message : String(error);
    } finally {
      answer.end(turn.figures.first === null ? after() : turn.figures.first + turn.figures.lasted);
      if (this.#abort === abort) this.running = false;
      ended();
      this.changed();
    }
  }
}

export const chat = new Chat();
