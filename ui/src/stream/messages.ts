import type { ConfigStatus } from "../api/generated";
import type { InFlightNews, ModelStatus } from "../api/types";

/** What `/api/events` tells, unwrapped; kinds that we don't know are left out. */
export type Message =
  | { type: "modelStatus"; data: ModelStatus[] }
  | { type: "logData"; data: { source: string; data: string } }
  | { type: "inflight"; data: InFlightNews }
  | { type: "profileChanged"; data: { active: string | null } }
  | { type: "uiConfig"; data: { activity?: { session_id?: string[] } } }
  | { type: "configStatus"; data: ConfigStatus }
  | { type: "activity"; data: { id: number } };

const KNOWN = new Set<string>([
  "modelStatus",
  "logData",
  "inflight",
  "profileChanged",
  "uiConfig",
  "configStatus",
  "activity",
]);

/** The message in the data of an event: JSON in a string in JSON. Null where it is none that we know. */
export function unwrap(data: string): Message | null {
  try {
    const envelope = JSON.parse(data) as { type: string; data: string };
    if (!KNOWN.has(envelope.type)) return null;
    return { type: envelope.type, data: JSON.parse(envelope.data) as unknown } as Message;
  } catch {
    return null;
  }
}

/** How the stream stands. `lost` says when the next attempt is made, in milliseconds since the epoch. */
export type Connection =
  { state: "connecting" } | { state: "live" } | { state: "refused" } | { state: "lost"; retryAt: number };

/** What the tabs are told. `reset` means: forget everything, all of it is told anew. */
export type Told =
  { kind: "news"; news: Message[] } | { kind: "reset" } | { kind: "connection"; connection: Connection };

/** What a tab says to the worker that they share. */
export type Asked = { kind: "begin"; url: string; key: string | null } | { kind: "retry" } | { kind: "bye" };
