import { expect, test } from "vitest";
import type { InFlightRequest } from "../api/types";
import { Digest, LOG_TAIL } from "./digest";
import { unwrap } from "./messages";

const request = (id: string): InFlightRequest => ({
  id,
  timestamp: "",
  model: "m",
  req_path: "/",
  method: "POST",
  resp_bytes: 0,
  elapsed_ms: 0,
});

test("a newcomer is told the last state, and all requests that still run", () => {
  const digest = new Digest();
  digest.add({ type: "profileChanged", data: { active: "day" } });
  digest.add({ type: "profileChanged", data: { active: "night" } });
  digest.add({ type: "inflight", data: { operation: "snapshot", requests: [request("1")] } });
  digest.add({ type: "inflight", data: { operation: "upsert", request: request("2") } });
  digest.add({ type: "inflight", data: { operation: "remove", id: "1" } });
  digest.add({ type: "activity", data: { id: 9 } });
  expect(digest.snapshot()).toEqual([
    { type: "profileChanged", data: { active: "night" } },
    { type: "inflight", data: { operation: "snapshot", requests: [request("2")] } },
  ]);
});

test("logs are joined, and only their end is kept", () => {
  const digest = new Digest();
  for (let line = 0; line < 10_000; line++) {
    digest.add({ type: "logData", data: { source: "proxy", data: `line ${line} ${"x".repeat(80)}\n` } });
  }
  const [log] = digest.snapshot();
  if (log?.type !== "logData") throw new Error("the log comes first");
  expect(log.data.data.length).toBeLessThan(2 * LOG_TAIL + 100);
  expect(log.data.data).toMatch(/^line \d+ x+\n/);
  expect(log.data.data).toContain("line 9999 ");
});

test("messages are unwrapped twice; what is unknown or broken is nothing", () => {
  const wrapped = JSON.stringify({ type: "profileChanged", data: JSON.stringify({ active: null }) });
  expect(unwrap(wrapped)).toEqual({ type: "profileChanged", data: { active: null } });
  expect(unwrap(JSON.stringify({ type: "news", data: "1" }))).toBeNull();
  expect(unwrap("{")).toBeNull();
});
