import { askJson } from "../api/client";
import { askModel, Task } from "./task.svelte";
import { voicesOf } from "./texts";

export interface Spoken {
  id: number;
  url: string;
  text: string;
  voice: string;
  model: string;
  format: string;
  size: number;
  /** Seconds until it was there. */
  took: number;
}

export const FORMATS = ["wav", "mp3", "opus", "aac", "flac"];
const MOST_KEPT = 12;

class Speech extends Task {
  text = $state("");
  voice = $state("");
  voices = $state.raw<string[]>([]);
  format = $state("wav");
  speed = $state(1);
  autoplay = $state(true);
  done = $state.raw<readonly Spoken[]>([]);
  #last = 0;
  #asked = "";

  /** Which voices the model has. Asking loads it. `complains` says whether it matters that it has no list of them. */
  async findVoices(complains = true): Promise<void> {
    await this.during(async (signal) => {
      const { model } = this;
      const query = new URLSearchParams({ model });
      this.voices = voicesOf(await askJson<unknown>(`v1/audio/voices?${query}`, { signal }));
      this.#asked = model;
      if (!this.voices.includes(this.voice)) this.voice = this.voices[0] ?? "";
    });
    if (!complains) this.problem = null;
  }

  /** Another model has other voices. */
  forget(): void {
    if (this.#asked === this.model) return;
    this.voices = [];
    this.voice = "";
  }

  speak(): Promise<void> {
    return this.during(async (signal) => {
      const { model, text, voice, format, speed } = this;
      const body = { model, input: text, ...(voice ? { voice } : {}), response_format: format, speed };
      const began = performance.now();
      const blob = await (await askModel("v1/audio/speech", body, signal)).blob();
      const took = (performance.now() - began) / 1000;
      const spoken = { id: ++this.#last, url: URL.createObjectURL(blob), text, voice, model, format, took };
      this.done = [{ ...spoken, size: blob.size }, ...this.done];
      for (const old of this.done.slice(MOST_KEPT)) this.remove(old);
    });
  }

  remove(spoken: Spoken): void {
    URL.revokeObjectURL(spoken.url);
    this.done = this.done.filter((one) => one.id !== spoken.id);
  }
}

export const speech = new Speech();
