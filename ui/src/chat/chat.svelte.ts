import { ApiError, ask } from "../api/client";
import { EventReader, textOf } from "../stream/sse";
import { deltaOf } from "./deltas";

export interface Turn {
  id: number;
  role: "user" | "assistant";
  content: string;
  reasoning: string;
  /** What went wrong, or that it was stopped. */
  problem: string | null;
  stopped: boolean;
  tokens: number;
  /** Seconds until the first token, and from there to the last. */
  first: number | null;
  lasted: number;
}

/** One chat. It goes on while other pages are looked at. */
class Chat {
  model = $state("");
  system = $state("");
  temperature = $state<number | null>(null);
  maxTokens = $state<number | null>(null);
  turns = $state<Turn[]>([]);
  running = $state(false);
  #abort = new AbortController();
  #last = 0;
  readonly #session = `modelyard-${Math.random().toString(36).slice(2, 8)}`;

  /** Say something, and let the model answer. */
  async say(text: string): Promise<void> {
    this.turns.push(this.#turn("user", text));
    await this.#answer();
  }

  /** Let the model answer once more to what was said before this turn. */
  async again(turn: Turn): Promise<void> {
    this.#cut(turn);
    await this.#answer();
  }

  /** Take back what was said from this turn on; returns what it said. */
  edit(turn: Turn): string {
    this.stop();
    this.#cut(turn);
    return turn.content;
  }

  stop(): void {
    this.#abort.abort();
  }

  clear(): void {
    this.stop();
    this.turns = [];
  }

  #cut(turn: Turn): void {
    const at = this.turns.findIndex((one) => one.id === turn.id);
    if (at >= 0) this.turns = this.turns.slice(0, at);
  }

  #turn(role: Turn["role"], content: string): Turn {
    this.#last += 1;
    const figures = { tokens: 0, first: null, lasted: 0 };
    return { id: this.#last, role, content, reasoning: "", problem: null, stopped: false, ...figures };
  }

  async #answer(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const body = JSON.stringify(this.#request());
    this.turns.push(this.#turn("assistant", ""));
    const turn = this.turns.at(-1);
    if (!turn) return;
    this.running = true;
    try {
      await this.#stream(turn, body, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) turn.stopped = true;
      else turn.problem = error instanceof ApiError || error instanceof Error ? error.message : String(error);
    } finally {
      if (this.#abort === abort) this.running = false;
    }
  }

  async #stream(turn: Turn, body: string, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const headers = { "Content-Type": "application/json", "X-Session-ID": this.#session };
    const response = await ask("v1/chat/completions", { method: "POST", headers, body, signal });
    if (!response.body) return;
    const reader = new EventReader();
    for await (const text of textOf(response.body)) {
      for (const event of reader.push(text)) this.#take(turn, event.data, (performance.now() - began) / 1000);
    }
  }

  #take(turn: Turn, data: string, after: number): void {
    const delta = deltaOf(data);
    if (delta === null) return;
    if (delta.error !== null) turn.problem = delta.error;
    if (delta.tokens !== null) turn.tokens = delta.tokens;
    if (!delta.content && !delta.reasoning) return;
    turn.content += delta.content;
    turn.reasoning += delta.reasoning;
    turn.first ??= after;
    turn.lasted = after - turn.first;
    if (delta.tokens === null) turn.tokens += 1;
  }

  #request(): object {
    const system = this.system.trim() ? [{ role: "system", content: this.system }] : [];
    const said = this.turns.filter((turn) => turn.content).map(({ role, content }) => ({ role, content }));
    return {
      model: this.model,
      messages: [...system, ...said],
      stream: true,
      stream_options: { include_usage: true },
      ...(this.temperature === null ? {} : { temperature: this.temperature }),
      ...(this.maxTokens === null ? {} : { max_tokens: this.maxTokens }),
    };
  }
}

export const chat = new Chat();
