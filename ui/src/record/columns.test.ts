import { expect, test } from "vitest";
import type { ActivityRow } from "../api/types";
import { cellText, choiceOf, COLUMNS, defaultChoice, moved } from "./columns";

const ROW: ActivityRow = {
  id: 7,
  timestamp: "2031-02-05T09:08:07Z",
  model: "org/poet",
  requested_model: "poet",
  req_path: "/v1/chat/completions",
  resp_content_type: "",
  resp_status_code: 200,
  tokens: {
    cache_tokens: -1,
    draft_tokens: 20,
    draft_acc_tokens: 14,
    input_tokens: 1200,
    output_tokens: 0,
    prompt_per_second: -1,
    tokens_per_second: 41.26,
    reasoning_tokens: 0,
  },
  derived: { prompt_per_second: 350.4, tokens_per_second: null },
  duration_ms: 12_701,
  queue_ms: 0,
  load_ms: null,
  first_byte_ms: 999,
  first_token_ms: 1000,
  outcome: "ok",
  req_bytes: 1400,
  resp_bytes: 12,
  key: "",
  session: "s",
  client: "::1",
  has_capture: true,
};

test("what is not known is a dash, and 0 is a number", () => {
  const text = (id: Parameters<typeof cellText>[1]) => cellText(ROW, id, "en");
  expect(["cached", "generated", "loading", "queued", "key"].map((id) => text(id as "cached"))).toEqual([
    "–",
    "0",
    "–",
    "0 ms",
    "–",
  ]);
  expect(text("prompt")).toBe("1,200");
  expect(text("drafted")).toBe("70% (14/20)");
  expect([text("firstByte"), text("firstToken"), text("duration")]).toEqual(["999 ms", "1.0 s", "13 s"]);
});

test("a speed that we measured is marked", () => {
  expect(cellText(ROW, "prefill", "de")).toBe("≈ 350");
  expect(cellText(ROW, "decode", "de")).toBe("41,3");
});

test("every column can be written", () => {
  for (const { id } of COLUMNS) expect(typeof cellText(ROW, id, "en")).toBe("string");
});

test("a phone shows fewer columns", () => {
  expect(defaultChoice(390).shown).toEqual(["time", "model", "status", "duration", "capture"]);
  expect(defaultChoice(1440).shown).toContain("decode");
});

test("what was kept may be older than the columns, or rubbish", () => {
  const choice = choiceOf('{"order": ["model", "time", "colour", "model"], "shown": ["model"]}');
  expect(choice?.order.slice(0, 3)).toEqual(["model", "time", "id"]);
  expect(new Set(choice?.order).size).toBe(COLUMNS.length);
  for (const rubbish of [null, "", "{", "null", '{"shown": 3}', '{"shown": ["colour"]}']) {
    expect(choiceOf(rubbish)).toBeNull();
  }
});

test("a column moves one place, and no further than the end", () => {
  expect(moved(["id", "time", "model"], "id", 1)).toEqual(["time", "id", "model"]);
  expect(moved(["id", "time", "model"], "id", -1)).toEqual(["id", "time", "model"]);
  expect(moved(["id", "time", "model"], "model", 1)).toEqual(["id", "time", "model"]);
});
