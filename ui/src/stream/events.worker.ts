/// <reference lib="webworker" />
// Shared by all tabs: a browser opens only six connections to one server, and each tab's stream would hold one.
import { Hub } from "./hub";
import type { Asked, Told } from "./messages";

const hub = new Hub();

(self as unknown as SharedWorkerGlobalScope).onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const listener = (told: Told) => port.postMessage(told);
  port.onmessage = ({ data: asked }: MessageEvent<Asked>) => {
    if (asked.kind === "begin") hub.join(listener, asked.url, asked.key);
    else if (asked.kind === "bye") hub.leave(listener);
    else hub.retry();
  };
};
