import { ApiError, ask, askJson } from "../api/client";
import type { Applied, FilesShown, FileText, Trial } from "../api/generated";

/** Milliseconds without a key pressed after which a text is tried. */
const PAUSE = 500;

/** What is being edited. It outlives the page, so that a look at another one loses nothing. */
class Desk {
  files = $state.raw<FilesShown | null>(null);
  /** The file as it was when it was read. */
  file = $state.raw<FileText | null>(null);
  text = $state.raw("");
  /** Rises with each text that an editor has to begin with. */
  generation = $state(0);
  trial = $state.raw<Trial | null>(null);
  trying = $state(false);
  /** The text that the trial is of. */
  #tried = $state.raw("");
  /** The place that is to be shown once there is an editor. */
  goal: { file: string; line: number; column: number } | null = null;
  /** Why the last question was not answered. */
  trouble = $state("");
  readonly changed = $derived(this.file !== null && this.text !== this.file.text);
  /** Whether the trial is of the text as it is now. */
  readonly settled = $derived(this.trial !== null && this.#tried === this.text);
  /** Whether somebody else has changed the file since it was read. */
  readonly outdated = $derived(this.file !== null && !!this.trial?.version && this.trial.version !== this.file.version);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest = 0;

  /** Look which files there are; read the first one where none has been read. */
  async begin(): Promise<void> {
    this.files = await askJson<FilesShown>("api/config/files");
    if (!this.files.editable) return;
    const { files } = this.files;
    const known = this.file && files.some(({ name }) => name === this.file?.name);
    const wanted = this.changed ? undefined : files.find(({ name }) => name === this.goal?.file);
    const first = wanted ?? (known ? undefined : files[0]);
    if (first) await this.read(first.name);
    else if (!this.changed && this.file) await this.read(this.file.name);
    else this.try();
  }

  /** Why the file that is open can't be written. */
  get readOnly(): string {
    return this.files?.files.find(({ name }) => name === this.file?.name)?.why ?? "";
  }

  /** Read a file; what was written and not applied is lost. */
  async read(name: string): Promise<void> {
    this.file = await askJson<FileText>(`api/config/file?name=${encodeURIComponent(name)}`);
    this.text = this.file.text;
    this.generation += 1;
    this.trial = null;
    this.try();
  }

  /** Go on from what is in the file now, with one's own text. */
  async catchUp(): Promise<void> {
    if (!this.file) return;
    this.file = await askJson<FileText>(`api/config/file?name=${encodeURIComponent(this.file.name)}`);
    this.try();
  }

  write(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.try(), PAUSE);
  }

  /** Have the text looked at. Of several answers the one to the last question counts. */
  try(): void {
    clearTimeout(this.#timer);
    void this.#try(++this.#latest);
  }

  async #try(question: number): Promise<void> {
    this.trying = true;
    const { text } = this;
    try {
      const trial = (await (await this.#send("POST", "validate")).json()) as Trial;
      if (question === this.#latest) [this.trial, this.#tried, this.trouble] = [trial, text, ""];
    } catch (error) {
      if (question === this.#latest) [this.trial, this.trouble] = [null, String((error as Error).message)];
    } finally {
      if (question === this.#latest) this.trying = false;
    }
  }

  /** Write the text into its file, and have it used. Throws `ApiError`; what was wrong is then on the desk. */
  async apply(): Promise<Applied> {
    try {
      const applied = (await (await this.#send("PUT", "file")).json()) as Applied;
      if (this.file) this.file = { ...this.file, text: this.text, version: applied.version };
      return applied;
    } catch (error) {
      if (error instanceof ApiError) this.try();
      throw error;
    }
  }

  #send(method: string, route: string): Promise<Response> {
    const edit = { name: this.file?.name ?? "", text: this.text, version: this.file?.version ?? "" };
    const headers = { "Content-Type": "application/json" };
    return ask(`api/config/${route}`, { method, headers, body: JSON.stringify(edit) });
  }
}

export const desk = new Desk();
