const KEPT = "modelyard.logs";
/** Of the letters, in pixels. */
export const SIZES = { least: 9, usual: 12, most: 20 };

interface Kept {
  size: number;
  wrap: boolean;
}

/** How logs are shown, on all pages and for good. */
class LogLook {
  #kept = $state<Kept>(read());

  get size(): number {
    return this.#kept.size;
  }

  set size(value: number) {
    this.#keep({ ...this.#kept, size: Math.max(SIZES.least, Math.min(SIZES.most, value)) });
  }

  get wrap(): boolean {
    return this.#kept.wrap;
  }

  set wrap(value: boolean) {
    this.#keep({ ...this.#kept, wrap: value });
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    localStorage.setItem(KEPT, JSON.stringify(kept));
  }
}

function read(): Kept {
  const usual = { size: SIZES.usual, wrap: true };
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "") as Partial<Kept>;
    const size = Number(kept.size);
    return {
      size: size >= SIZES.least && size <= SIZES.most ? size : usual.size,
      wrap: typeof kept.wrap === "boolean" ? kept.wrap : usual.wrap,
    };
  } catch {
    return usual;
  }
}

export const logLook = new LogLook();
