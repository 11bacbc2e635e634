import { expect, test } from "vitest";
import { briefly, moment, textsOf, transcriptOf, voicesOf } from "./texts";

test("texts are lines, or a list in JSON", () => {
  expect(textsOf(" a \n\nb\r\n")).toEqual(["a", "b"]);
  expect(textsOf('["a\\nb", "", "c"]')).toEqual(["a\nb", "c"]);
  expect(textsOf("[note] first\nsecond")).toEqual(["[note] first", "second"]);
  expect(textsOf("[1, 2]")).toEqual(["[1, 2]"]);
});

test("voices in each of their shapes", () => {
  expect(voicesOf({ voices: ["a", "b", "a"] })).toEqual(["a", "b"]);
  expect(voicesOf({ voices: [{ id: "a" }, { name: "b" }, { voice_id: "c" }, {}] })).toEqual(["a", "b", "c"]);
  expect(voicesOf(["a"])).toEqual(["a"]);
  for (const odd of [null, {}, "x", 7]) expect(voicesOf(odd)).toEqual([]);
});

test("transcriptions in each of their shapes", () => {
  expect(
    transcriptOf('{"text": " Hi ", "segments": [{"start": 0, "end": 1, "text": "Hi"}], "language": "en"}'),
  ).toEqual({
    text: "Hi",
    segments: [{ start: 0, end: 1, text: "Hi" }],
    language: "en",
  });
  expect(transcriptOf('{"text": "Hi"}').segments).toEqual([]);
  expect(transcriptOf("Hi there\n").text).toBe("Hi there");
});

test("short times are told in milliseconds", () => {
  expect([0, 0.0123, 0.9994, 0.9996, 75].map(briefly)).toEqual(["0 ms", "12 ms", "999 ms", "1.0 s", "1 min 15 s"]);
});

test("moments", () => {
  expect([0, 3.21, 59.99, 3665].map(moment)).toEqual(["0:00.0", "0:03.2", "1:00.0", "61:05.0"]);
});
