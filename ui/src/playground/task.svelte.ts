import { ask } from "../api/client";
import { SESSION } from "../chat/session";
import { busy } from "../state/busy.svelte";

/** Something that is asked of a model and can be stopped. It goes on while other pages are looked at. */
export class Task {
  model = $state("");
  running = $state(false);
  problem = $state<string | null>(null);
  #abort = new AbortController();

  stop(): void {
    this.#abort.abort();
  }

  /** Do it, unless something is being done; says what went wrong, but for that it was stopped. */
  protected async during(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.running) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.running = true;
    this.problem = null;
    const ended = busy.begin();
    try {
      await work(abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.running = false;
      ended();
    }
  }
}

/** Ask a model for something, in JSON. */
export function askModel(path: string, body: object, signal: AbortSignal): Promise<Response> {
  const headers = { "Content-Type": "application/json", "X-Session-ID": SESSION };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}
