import { Answer } from "../chat/answer";
import { requestOf } from "../chat/requests";
import { NO_SAMPLING, turnOf } from "../chat/turns";
import { EventReader, textOf } from "../stream/sse";
import { inParallel, type Run } from "./loadtest";
import { askModel, Task } from "./task.svelte";

/** A browser opens six connections to a server, and one of them is the stream of events. */
export const MOST_AT_ONCE = 5;
export const MOST_REQUESTS = 500;

class LoadTest extends Task {
  models = $state<string[]>([]);
  requests = $state(12);
  atOnce = $state(3);
  prompt = $state("");
  maxTokens = $state<number | null>(64);
  /** Whether each request says something else, so that no cache of prompts helps. */
  varied = $state(true);
  runs = $state.raw<readonly Run[]>([]);
  /** Seconds since the test began. */
  now = $state(0);
  #began = 0;
  #all: Run[] = [];
  #frameAsked = false;

  start(prompt: string): Promise<void> {
    return this.during(async (signal) => {
      this.#all = [];
      this.#began = performance.now();
      const models = [...this.models];
      const ticking = setInterval(() => this.#show(), 250);
      try {
        await inParallel(this.requests, Math.min(this.atOnce, MOST_AT_ONCE), signal, (number) =>
          this.#one(number, models[number % models.length] ?? "", prompt, signal),
        );
      } finally {
        clearInterval(ticking);
        this.#show();
      }
    });
  }

  #clock(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Show how it stands, at most once a frame. */
  #show(): void {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    requestAnimationFrame(() => {
      this.#frameAsked = false;
      this.now = this.#clock();
      this.runs = this.#all.map((run) => ({ ...run }));
    });
  }

  async #one(number: number, model: string, prompt: string, signal: AbortSignal): Promise<void> {
    const run: Run = {
      ...{ number: number + 1, model, sent: this.#clock(), head: null, first: null, answer: null, end: null },
      ...{ tokens: 0, problem: null, stopped: false },
    };
    this.#all.push(run);
    try {
      await this.#stream(run, this.varied ? `${prompt} (${number + 1})` : prompt, signal);
    } catch (error) {
      if (signal.aborted) run.stopped = true;
      else run.problem = error instanceof Error ? error.message : String(error);
    }
    run.end = this.#clock();
    this.#show();
  }

  async #stream(run: Run, prompt: string, signal: AbortSignal): Promise<void> {
    const sampling = { ...NO_SAMPLING, maxTokens: this.maxTokens };
    const asked = { model: run.model, system: "", sampling, turns: [turnOf(0, "user", prompt)] };
    const { path, body } = requestOf("chat", asked);
    const turn = turnOf(1, "assistant", "");
    const answer = new Answer(turn, "chat");
    const response = await askModel(path, body, signal);
    run.head = this.#clock();
    const reader = new EventReader();
    for await (const text of response.body ? textOf(response.body) : []) {
      const now = this.#clock();
      for (const event of reader.push(text)) answer.take(event.data, now);
      // While the server speaks of the load, the request waits still.
      if (turn.loading) run.head = now;
      run.first = turn.figures.first;
      if (turn.content) run.answer ??= now;
      run.tokens = turn.figures.tokens;
      this.#show();
    }
    run.problem = turn.problem;
  }
}

export const loadTest = new LoadTest();
