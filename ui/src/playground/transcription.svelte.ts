import { ApiError, ask } from "../api/client";
import { SESSION } from "../chat/session";
import { Task } from "./task.svelte";
import { transcriptOf, type Segment } from "./texts";

export interface Transcript {
  text: string;
  segments: Segment[];
  language: string;
  model: string;
  took: number;
}

class Transcription extends Task {
  file = $state.raw<File | null>(null);
  /** Where it can be listened to. */
  url = $state("");
  language = $state("");
  result = $state.raw<Transcript | null>(null);

  take(file: File): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.file = file;
    this.url = URL.createObjectURL(file);
    this.result = null;
    this.problem = null;
  }

  transcribe(): Promise<void> {
    return this.during(async (signal) => {
      const { model } = this;
      const began = performance.now();
      const body = await this.#ask("verbose_json", signal).catch((error: unknown) => {
        // An engine that knows no segments is asked for the text alone.
        if (error instanceof ApiError && error.status === 400) return this.#ask("json", signal);
        throw error;
      });
      this.result = { ...transcriptOf(body), model, took: (performance.now() - began) / 1000 };
    });
  }

  async #ask(format: string, signal: AbortSignal): Promise<string> {
    const form = new FormData();
    // The model stands first, so that a server need not read the whole file to know it.
    form.append("model", this.model);
    form.append("response_format", format);
    if (this.language.trim()) form.append("language", this.language.trim());
    if (this.file) form.append("file", this.file, this.file.name);
    const headers = { "X-Session-ID": SESSION };
    return (await ask("v1/audio/transcriptions", { method: "POST", headers, body: form, signal })).text();
  }
}

export const transcription = new Transcription();
