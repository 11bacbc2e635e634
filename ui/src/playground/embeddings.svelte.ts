import { similarities } from "./statistics";
import { askModel, Task } from "./task.svelte";
import { textsOf } from "./texts";

/** More make a matrix that nobody can read. */
export const MOST_TEXTS = 24;

export interface Compared {
  texts: string[];
  matrix: number[][];
  dimensions: number;
  tokens: number | null;
  took: number;
}

class Embeddings extends Task {
  typed = $state("");
  result = $state.raw<Compared | null>(null);

  compare(): Promise<void> {
    return this.during(async (signal) => {
      const texts = textsOf(this.typed).slice(0, MOST_TEXTS);
      const began = performance.now();
      const body = { model: this.model, input: texts, encoding_format: "float" };
      const answer = (await (await askModel("v1/embeddings", body, signal)).json()) as {
        data?: { index?: number; embedding: number[] }[];
        usage?: { prompt_tokens?: number };
      };
      const took = (performance.now() - began) / 1000;
      const vectors = [...(answer.data ?? [])]
        .sort((one, other) => (one.index ?? 0) - (other.index ?? 0))
        .map(({ embedding }) => embedding);
      this.result = {
        texts,
        matrix: similarities(vectors),
        dimensions: vectors[0]?.length ?? 0,
        tokens: answer.usage?.prompt_tokens ?? null,
        took,
      };
    });
  }
}

export const embeddings = new Embeddings();
