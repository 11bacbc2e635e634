import { askJson } from "../api/client";
import { askModel, Task } from "./task.svelte";

export interface Image {
  id: number;
  url: string;
  prompt: string;
  model: string;
  size: string;
  seed: number | null;
  /** Seconds that it took. */
  took: number;
}

export type ImageApi = "openai" | "sdapi";

/** The sizes that are offered; any other may be typed. */
export const SIZES = ["512x512", "768x768", "1024x1024", "1024x768", "768x1024", "1536x1024", "1024x1536"];
export const SAMPLERS = ["Euler a", "Euler", "Heun", "DPM2", "DPM++ 2M", "LCM"];
/** As many are kept: they are large. */
const MOST_KEPT = 24;
const LARGEST_SEED = 2 ** 31 - 1;

class Images extends Task {
  api = $state<ImageApi>("openai");
  prompt = $state("");
  negative = $state("");
  size = $state("512x512");
  count = $state(1);
  seed = $state<number | null>(null);
  steps = $state<number | null>(null);
  guidance = $state<number | null>(null);
  sampler = $state("");
  loras = $state.raw<string[]>([]);
  done = $state.raw<readonly Image[]>([]);
  /** How many of those asked for are there. */
  made = $state(0);
  #last = 0;

  /** Draw, one after another, so that each is seen when it is ready. */
  draw(): Promise<void> {
    return this.during(async (signal) => {
      this.made = 0;
      const { count, seed } = this;
      for (let number = 0; number < count && !signal.aborted; number += 1) {
        // Without a seed of one's own each is drawn one that is shown, so that it can be drawn again.
        await this.#one(seed === null ? Math.floor(Math.random() * LARGEST_SEED) : seed + number, signal);
        this.made += 1;
      }
    });
  }

  remove(image: Image): void {
    this.done = this.done.filter((one) => one.id !== image.id);
  }

  /** Which LoRAs the model's engine has; none where it doesn't say. */
  async findLoras(): Promise<void> {
    const query = new URLSearchParams({ model: this.model });
    const found = await askJson<{ name?: string; path?: string }[]>(`sdapi/v1/loras?${query}`).catch(() => []);
    this.loras = Array.isArray(found) ? found.flatMap(({ name, path }) => name ?? path ?? []) : [];
  }

  async #one(seed: number, signal: AbortSignal): Promise<void> {
    const { model, prompt, size, api } = this;
    const began = performance.now();
    const response = await askModel(
      api === "openai" ? "v1/images/generations" : "sdapi/v1/txt2img",
      this.#body(seed),
      signal,
    );
    const took = (performance.now() - began) / 1000;
    for (const url of urlsOf((await response.json()) as Answer)) {
      const image = { id: ++this.#last, url, prompt, model, size, seed, took };
      this.done = [image, ...this.done].slice(0, MOST_KEPT);
    }
  }

  #body(seed: number): object {
    const { model, prompt, size, api } = this;
    if (api === "openai") return { model, prompt, n: 1, size, seed, response_format: "b64_json" };
    const [width, height] = size.split("x").map(Number);
    return {
      ...{ model, prompt, width, height, seed, batch_size: 1 },
      ...(this.negative.trim() ? { negative_prompt: this.negative } : {}),
      ...(this.steps === null ? {} : { steps: this.steps }),
      ...(this.guidance === null ? {} : { cfg_scale: this.guidance }),
      ...(this.sampler ? { sampler_name: this.sampler } : {}),
    };
  }
}

interface Answer {
  data?: { b64_json?: string; url?: string }[];
  images?: string[];
}

/** Pictures as data URLs. One at another address can't be shown: nothing is fetched from elsewhere. */
function urlsOf(answer: Answer): string[] {
  const encoded = answer.images ?? (answer.data ?? []).flatMap((image) => image.b64_json ?? []);
  if (!encoded.length) throw new Error(answer.data?.[0]?.url ?? "");
  return encoded.map((data) => `data:${typeOf(data)};base64,${data}`);
}

function typeOf(encoded: string): string {
  if (encoded.startsWith("/9j/")) return "image/jpeg";
  return encoded.startsWith("UklGR") ? "image/webp" : "image/png";
}

export const images = new Images();
