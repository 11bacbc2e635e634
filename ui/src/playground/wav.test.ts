import { expect, test } from "vitest";
import { wavOf } from "./wav";

test("samples become a file that says what it is", async () => {
  const blob = wavOf(Float32Array.of(0, 1, -1, 2, 0.5), 16_000);
  expect(blob.type).toBe("audio/wav");
  const view = new DataView(await blob.arrayBuffer());
  const text = (at: number, length: number) =>
    String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));
  expect([text(0, 4), text(8, 8), text(36, 4)]).toEqual(["RIFF", "WAVEfmt ", "data"]);
  expect([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([46, 16_000, 10]);
  expect([0, 1, 2, 3, 4].map((at) => view.getInt16(44 + 2 * at, true))).toEqual([0, 32767, -32767, 32767, 16384]);
});
