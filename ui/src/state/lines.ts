/** Characters of a line that has no end yet. */
const LONGEST = 100_000;

/** Text that arrives in pieces, as lines; only the latest are kept. */
export class Lines {
  #lines: string[] = [];
  #rest = "";
  #dropped = 0;
  #most: number;

  constructor(most = 3000) {
    this.#most = most;
  }

  /** Take in a piece; a line shows once it is complete. */
  push(piece: string): string[] {
    const parts = (this.#rest + piece).split("\n");
    this.#rest = (parts.pop() ?? "").slice(-LONGEST);
    const added = parts.map(withoutReturns);
    this.#lines.push(...added);
    if (this.#lines.length > this.#most * 1.2) {
      this.#dropped += this.#lines.length - this.#most;
      this.#lines = this.#lines.slice(-this.#most);
    }
    return added;
  }

  clear(): void {
    this.#lines = [];
    this.#rest = "";
    this.#dropped = 0;
  }

  /** The lines, each with a number that stays its own. */
  all(): { number: number; text: string }[] {
    return this.#lines.map((text, index) => ({ number: this.#dropped + index, text }));
  }
}

/** A line as a terminal leaves it: what follows the last carriage return that is not at its end. */
function withoutReturns(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}
