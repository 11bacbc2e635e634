import { ask, askIfThere } from "../api/client";
import type { Recorded, Simulation } from "../api/generated";
import { CONFIGURED, nameOf, type Policy } from "./policy";

/** Seconds of the record that are replayed; null is all of it. */
export type Range = 3600 | 86_400 | null | "sample";

/** Two policies, the traffic, and what came of it. It outlives the page: a simulation goes on while one looks at others. */
class Bench {
  recorded = $state.raw<Recorded | null>(null);
  range = $state<Range>(null);
  policies = $state<[Policy, Policy]>([{ ...CONFIGURED }, { ...CONFIGURED, strict: true }]);
  result = $state.raw<Simulation | null>(null);
  trouble = $state("");
  /** When the simulation that is under way began, in milliseconds since the epoch. */
  since = $state<number | null>(null);
  #abort: AbortController | null = null;

  async look(): Promise<void> {
    this.recorded = await askIfThere<Recorded>("api/simulate");
    if (this.recorded?.requests === 0) this.range = "sample";
  }

  async run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.since = Date.now();
    this.trouble = "";
    const names = [...new Set(this.policies.map((policy) => nameOf(policy)))];
    const body = JSON.stringify({
      policies: names,
      sample: this.range === "sample",
      lastSeconds: this.range === "sample" ? null : this.range,
    });
    const headers = { "Content-Type": "application/json" };
    try {
      const answer = await ask("api/simulate", { method: "POST", headers, body, signal: abort.signal });
      this.result = (await answer.json()) as Simulation;
    } catch (error) {
      if (!abort.signal.aborted) this.trouble = error instanceof Error ? error.message : String(error);
    } finally {
      this.since = null;
    }
  }

  cancel(): void {
    this.#abort?.abort();
  }
}

export const bench = new Bench();
