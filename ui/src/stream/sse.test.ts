import { expect, test } from "vitest";
import { EventReader } from "./sse";

const TEXT = 'event:message\ndata:{"a":1}\n\ndata: two\r\ndata: lines\r\n\r\n: a comment\nid: 7\n\nevent: x\ndata\n\n';
const EVENTS = [
  { event: "message", data: '{"a":1}' },
  { event: "message", data: "two\nlines" },
  { event: "x", data: "" },
];

test("events are the same in whatever pieces they come", () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const reader = new EventReader();
    const events = [];
    for (let at = 0; at < TEXT.length; at += size) events.push(...reader.push(TEXT.slice(at, at + size)));
    expect(events).toEqual(EVENTS);
  }
});

test("an event that has not ended is not told", () => {
  expect(new EventReader().push("data: half\n")).toEqual([]);
});
