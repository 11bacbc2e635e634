import { door } from "../state/door";
import { key } from "../state/key.svelte";
import { address } from "./place";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Ask the server. Where it wants a key, whoever sits there is asked for one, and it is tried again with that.
 *  Throws ApiError where it refuses, TypeError where it can't be reached. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  await door.opened;
  const response = await fetch(address(path), withKey(init));
  if (response.status === 401 && (await key.wanted())) return ask(path, init);
  if (!response.ok) throw new ApiError(response.status, await complaint(response));
  return response;
}

/** Ask for JSON. */
export async function askJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

/** Ask for JSON of a route that this server may not have yet: null where it has not. */
export async function askIfThere<T>(path: string, init: RequestInit = {}): Promise<T | null> {
  try {
    return await askJson<T>(path, init);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

function withKey(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json, */*");
  if (key.value !== null) headers.set("Authorization", `Bearer ${key.value}`);
  return { ...init, headers };
}

/** What an error says, in any of the shapes that errors have. */
async function complaint(response: Response): Promise<string> {
  const text = (await response.text().catch(() => "")).trim();
  try {
    const said = JSON.parse(text) as { error?: string | { message?: string }; message?: string };
    const message = typeof said.error === "string" ? said.error : (said.error?.message ?? said.message);
    if (message) return message;
  } catch {
    // Not JSON: then it is words.
  }
  return text.slice(0, 300) || `${response.status} ${response.statusText}`;
}
