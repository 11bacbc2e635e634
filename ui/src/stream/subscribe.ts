import { Hub } from "./hub";
import type { Asked, Told } from "./messages";

/** A tab's end of the stream. */
export interface Subscription {
  retry(): void;
  close(): void;
}

/** Listen to the events of the server, with all other tabs that use the same key; alone where a browser
 *  can't share, or can't fetch the worker that shares. */
export function subscribe(url: string, key: string | null, listener: (told: Told) => void): Subscription {
  if (typeof SharedWorker === "undefined") return alone(url, key, listener);
  const name = `modelyard ${fingerprint(`${url} ${key ?? ""}`)}`;
  const worker = new SharedWorker(new URL("./events.worker.ts", import.meta.url), { type: "module", name });
  const ask = (asked: Asked) => worker.port.postMessage(asked);
  let instead: Subscription | null = null;
  worker.onerror = () => (instead ??= alone(url, key, listener));
  worker.port.onmessage = ({ data }: MessageEvent<Told>) => listener(data);
  ask({ kind: "begin", url, key });
  return {
    retry: () => (instead ? instead.retry() : ask({ kind: "retry" })),
    close: () => (instead ? instead.close() : ask({ kind: "bye" })),
  };
}

function alone(url: string, key: string | null, listener: (told: Told) => void): Subscription {
  const hub = new Hub();
  hub.join(listener, url, key);
  return { retry: () => hub.retry(), close: () => hub.leave(listener) };
}

/** Tells keys apart without showing them. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}
