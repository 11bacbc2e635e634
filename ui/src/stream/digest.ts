import type { InFlightRequest } from "../api/types";
import type { Message } from "./messages";

/** Characters of each log that are kept for newcomers. */
export const LOG_TAIL = 100_000;

/** Keeps of the messages what somebody who comes later must know. Its size does not grow with time. */
export class Digest {
  #states = new Map<string, Message>();
  #logs = new Map<string, string>();
  #requests = new Map<string, InFlightRequest>();

  /** Take note of one message. */
  add(message: Message): void {
    if (message.type === "logData") this.#addLog(message.data.source, message.data.data);
    else if (message.type === "inflight") applyInFlight(this.#requests, message.data);
    else if (message.type !== "activity") this.#states.set(message.type, message);
  }

  /** Forget everything. */
  clear(): void {
    this.#states.clear();
    this.#logs.clear();
    this.#requests.clear();
  }

  /** Messages that bring a newcomer up to date. */
  snapshot(): Message[] {
    const logs = [...this.#logs].map(([source, data]): Message => ({ type: "logData", data: { source, data } }));
    const requests = [...this.#requests.values()];
    return [...logs, ...this.#states.values(), { type: "inflight", data: { operation: "snapshot", requests } }];
  }

  #addLog(source: string, data: string): void {
    const all = (this.#logs.get(source) ?? "") + data;
    this.#logs.set(source, all.length > 2 * LOG_TAIL ? fromNextLine(all.slice(-LOG_TAIL)) : all);
  }
}

/** Bring a table of requests up to date. */
export function applyInFlight(
  table: Map<string, InFlightRequest>,
  news: Extract<Message, { type: "inflight" }>["data"],
): void {
  if (news.operation === "snapshot") {
    table.clear();
    for (const request of news.requests ?? []) table.set(request.id, request);
  } else if (news.operation === "upsert") {
    table.set(news.request.id, news.request);
  } else {
    table.delete(news.id);
  }
}

function fromNextLine(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}
