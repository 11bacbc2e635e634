import { expect, test } from "vitest";
import { choicesOf, firstOf, fitness, labelOf, tabOf, type Offer } from "./offers";

const writer: Offer = { id: "writer", architecture: { input_modalities: ["text"], output_modalities: ["text"] } };
const painter: Offer = {
  id: "painter",
  architecture: { output_modalities: ["image"] },
  capabilities: { image_generation: true },
};
const ranker: Offer = { id: "ranker", capabilities: { reranker: true } };
const silent: Offer = { id: "some-model" };
const embedder: Offer = { id: "org/bge-small-en" };
const all = [writer, painter, ranker, silent, embedder];

test("what a model says that it can do decides, and what says nothing may", () => {
  const found = (need: Parameters<typeof fitness>[1]) => all.map((offer) => fitness(offer, need));
  expect(found("chat")).toEqual(["can", "cannot", "cannot", "unknown", "unknown"]);
  expect(found("images")).toEqual(["cannot", "can", "cannot", "unknown", "unknown"]);
  expect(found("speech")).toEqual(["cannot", "cannot", "cannot", "unknown", "unknown"]);
  expect(found("rerank")).toEqual(["cannot", "cannot", "can", "unknown", "unknown"]);
  expect(found("embeddings")).toEqual(["cannot", "cannot", "unknown", "unknown", "can"]);
});

test("what runs and fits comes first", () => {
  const chat = choicesOf(all, "chat");
  expect(firstOf(chat, () => false)).toBe("writer");
  expect(firstOf(chat, (id) => id === "some-model")).toBe("writer");
  expect(firstOf(choicesOf(all, "speech"), (id) => id === embedder.id)).toBe(embedder.id);
  expect(firstOf(choicesOf([], "chat"), () => true)).toBe("");
});

test("a model is tried where it can do something", () => {
  expect([undefined, {}, { vision: true }].map(tabOf)).toEqual(["chat", "chat", "chat"]);
  expect(tabOf(painter.capabilities)).toBe("images");
  expect(tabOf({ audio_speech: true, audio_transcriptions: true })).toBe("speech");
  expect(tabOf({ audio_transcriptions: true })).toBe("transcription");
  expect(tabOf(ranker.capabilities)).toBe("rerank");
});

test("other names of a model are shown as such", () => {
  expect(labelOf({ id: "a", name: "Model", meta: { llamaswap: { type: "alias", modelID: "m" } } })).toBe("↳ a");
  expect(labelOf({ id: "a", name: "Model " })).toBe("Model");
});
