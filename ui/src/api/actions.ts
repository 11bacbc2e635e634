import { ask } from "./client";
import { inPath } from "./place";

/** Start a model; returns when it is ready. */
export async function load(model: string): Promise<void> {
  await ask(`api/models/load/${inPath(model)}`, { method: "POST" });
}

/** Stop a model, and wait until it is gone. */
export async function unload(model: string): Promise<void> {
  await ask(`api/models/unload/${inPath(model)}`, { method: "POST" });
}

/** Stop all models. */
export async function unloadAll(): Promise<void> {
  await ask("api/models/unload", { method: "POST" });
}

/** Let nobody take a model's place. */
export async function hold(model: string): Promise<void> {
  await ask(`api/models/hold/${inPath(model)}`, { method: "POST" });
}

/** Let others take its place again. */
export async function release(model: string): Promise<void> {
  await ask(`api/models/hold/${inPath(model)}`, { method: "DELETE" });
}

/** End a request that waits. */
export async function cancelWaiting(request: number): Promise<void> {
  await ask(`api/queue/${request}`, { method: "DELETE" });
}

/** End a request that is being worked on. */
export async function cancelRequest(id: string): Promise<void> {
  await ask(`api/inflight/${id}/cancel`, { method: "POST" });
}

/** Let a profile be the active one; null means none. */
export async function activateProfile(name: string | null): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  await ask("api/profiles/active", { method: "PUT", headers, body: JSON.stringify({ name }) });
}
