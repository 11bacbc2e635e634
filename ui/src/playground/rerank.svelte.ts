import { askModel, Task } from "./task.svelte";
import { textsOf } from "./texts";

export interface Ranked {
  index: number;
  score: number;
  document: string;
}

class Rerank extends Task {
  query = $state("");
  documents = $state("");
  results = $state.raw<readonly Ranked[] | null>(null);
  tokens = $state<number | null>(null);
  took = $state(0);

  rank(): Promise<void> {
    return this.during(async (signal) => {
      const documents = textsOf(this.documents);
      const began = performance.now();
      const answer = (await (
        await askModel("v1/rerank", { model: this.model, query: this.query, documents }, signal)
      ).json()) as { results?: { index: number; relevance_score: number }[]; usage?: { total_tokens?: number } };
      this.took = (performance.now() - began) / 1000;
      this.tokens = answer.usage?.total_tokens ?? null;
      this.results = (answer.results ?? [])
        .map(({ index, relevance_score }) => ({ index, score: relevance_score, document: documents[index] ?? "" }))
        .sort((one, other) => other.score - one.score);
    });
  }
}

export const rerank = new Rerank();
