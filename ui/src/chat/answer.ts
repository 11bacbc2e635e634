import { deltaOf, type Delta } from "./deltas";
import { LoadingWords, ThinkTags } from "./thinking";
import type { Dialect, Turn } from "./turns";

/** Puts what arrives of one answer into its turn. Times are seconds since the request was sent. */
export class Answer {
  #turn: Turn;
  #dialect: Dialect;
  #tags = new ThinkTags();
  #loading = new LoadingWords();
  #thinkingSince: number | null = null;

  constructor(turn: Turn, dialect: Dialect) {
    this.#turn = turn;
    this.#dialect = dialect;
  }

  /** The data of an event arrived. */
  take(data: string, after: number): void {
    const delta = deltaOf(this.#dialect, data);
    if (delta === null) return;
    this.#figure(delta);
    const said = this.#loading.push(delta.reasoning);
    if (delta.reasoning) this.#turn.loading = said.loading;
    const parts = this.#tags.push(delta.content);
    this.#add(parts.content, said.reasoning + parts.reasoning, after);
  }

  /** Nothing more comes. */
  end(after: number): void {
    const { content, reasoning } = this.#tags.end();
    this.#add(content, reasoning, after);
    this.#turn.loading = "";
  }

  #figure(delta: Delta): void {
    if (delta.error !== null) this.#turn.problem = delta.error;
    const { figures } = this.#turn;
    if (delta.prompt !== null) figures.prompt = delta.prompt;
    if (delta.tokens === null) return;
    figures.tokens = delta.tokens;
    figures.told = true;
  }

  #add(content: string, reasoning: string, after: number): void {
    if (!content && !reasoning) return;
    const turn = this.#turn;
    const { figures } = turn;
    turn.loading = "";
    turn.content += content;
    turn.reasoning += reasoning;
    figures.first ??= after;
    figures.lasted = after - figures.first;
    if (!figures.told) figures.tokens += 1;
    if (reasoning) this.#thinkingSince ??= after;
    if (content && this.#thinkingSince !== null) figures.thought ??= after - this.#thinkingSince;
  }
}
