/** What a playground needs a model to do. */
export type Need = "chat" | "images" | "speech" | "transcription" | "rerank" | "embeddings";

/** A record of `/v1/models`, as far as it says what there is to ask for. */
export interface Offer {
  id: string;
  name?: string;
  architecture?: { input_modalities?: string[]; output_modalities?: string[] };
  capabilities?: Partial<Record<string, boolean>>;
  meta?: { llamaswap?: { type?: string; modelID?: string; peerID?: string } };
}

export type Fitness = "can" | "unknown" | "cannot";

const FLAGS: Partial<Record<Need, string>> = {
  images: "image_generation",
  speech: "audio_speech",
  transcription: "audio_transcriptions",
  rerank: "reranker",
};
const EMBEDS = /embed|(^|[-_/])(bge|e5|gte|minilm)([-_.]|$)/i;

/** Whether a model can do what is needed, as far as it is told. */
export function fitness(offer: Offer, need: Need): Fitness {
  const outputs = offer.architecture?.output_modalities ?? [];
  const flags = offer.capabilities ?? {};
  const tells = outputs.length > 0 || Object.values(flags).some(Boolean);
  if (need === "embeddings" && EMBEDS.test(offer.id)) return "can";
  if (!tells) return "unknown";
  const flag = FLAGS[need];
  if (flag) return flags[flag] ? "can" : "cannot";
  if (need === "chat")
    return outputs.includes("text") ? "can" : outputs.length || flags.reranker ? "cannot" : "unknown";
  return outputs.length ? "cannot" : "unknown";
}

export interface Choices {
  can: Offer[];
  unknown: Offer[];
  cannot: Offer[];
}

/** All that can be asked for, by whether it fits. */
export function choicesOf(offers: readonly Offer[], need: Need): Choices {
  const choices: Choices = { can: [], unknown: [], cannot: [] };
  for (const offer of offers) choices[fitness(offer, need)].push(offer);
  return choices;
}

/** The one to begin with: what runs already before what must be loaded, what fits before what may. */
export function firstOf(choices: Choices, isResident: (id: string) => boolean): string {
  const ordered = [...choices.can, ...choices.unknown];
  const resident = (list: Offer[]) => list.find((offer) => isResident(offer.id));
  return (resident(choices.can) ?? choices.can[0] ?? resident(choices.unknown) ?? ordered[0])?.id ?? "";
}

/** The playground that suits a model best, as far as it is told what it can do. */
export function tabOf(capabilities: Offer["capabilities"]): string {
  if (capabilities?.image_generation) return "images";
  if (capabilities?.audio_speech) return "speech";
  if (capabilities?.audio_transcriptions) return "transcription";
  return capabilities?.reranker ? "rerank" : "chat";
}

/** How an offer is called in a list. */
export function labelOf(offer: Offer): string {
  const name = offer.name?.trim() || offer.id;
  return offer.meta?.llamaswap?.type === "alias" ? `↳ ${offer.id}` : name;
}
