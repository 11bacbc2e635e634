/** Parts of an answer. */
export interface Parts {
  content: string;
  reasoning: string;
}

const OPENINGS = ["<think>", "<thinking>"];

/** Tells what is thought between tags at the beginning of an answer from the answer, in whatever pieces it comes. */
export class ThinkTags {
  #state: "before" | "within" | "after" = "before";
  #held = "";
  #closing = "";

  push(piece: string): Parts {
    const text = this.#held + piece;
    this.#held = "";
    if (this.#state === "after") return { content: text, reasoning: "" };
    return this.#state === "within" ? this.#within(text) : this.#before(text);
  }

  /** What was held back since a tag might have begun in it. */
  end(): Parts {
    const held = this.#held;
    this.#held = "";
    return this.#state === "within" ? { content: "", reasoning: held } : { content: held, reasoning: "" };
  }

  #before(text: string): Parts {
    const begin = text.trimStart();
    const opening = OPENINGS.find((tag) => begin.startsWith(tag));
    if (opening) {
      this.#state = "within";
      this.#closing = opening.replace("<", "</");
      return this.#within(begin.slice(opening.length).trimStart());
    }
    if (OPENINGS.some((tag) => tag.startsWith(begin))) {
      this.#held = text;
      return { content: "", reasoning: "" };
    }
    this.#state = "after";
    return { content: text, reasoning: "" };
  }

  #within(text: string): Parts {
    const at = text.indexOf(this.#closing);
    if (at >= 0) {
      this.#state = "before"; // a second thought may follow, and the line breaks after the tag are no content
      const rest = this.push(text.slice(at + this.#closing.length).trimStart());
      return { content: rest.content, reasoning: text.slice(0, at).trimEnd() + rest.reasoning };
    }
    const kept = overlap(text, this.#closing);
    this.#held = text.slice(text.length - kept);
    return { content: "", reasoning: text.slice(0, text.length - kept) };
  }
}

const RULE = "━━━━━";

/** Cuts what the server says while a model loads, which stands between two rules, out of the reasoning. */
export class LoadingWords {
  #state: "before" | "within" | "after" = "before";
  #text = "";

  /** What of this piece is reasoning; `loading` is all that has been said of the load so far, or empty. */
  push(piece: string): { reasoning: string; loading: string } {
    if (this.#state === "after") return { reasoning: piece, loading: "" };
    this.#text += piece;
    if (this.#state === "before") {
      if (RULE.startsWith(this.#text)) return { reasoning: "", loading: "" };
      this.#state = this.#text.startsWith(RULE) ? "within" : "after";
      if (this.#state === "after") return { reasoning: this.#text, loading: "" };
    }
    const end = this.#text.indexOf(RULE, RULE.length);
    if (end < 0) return { reasoning: "", loading: this.#text.slice(RULE.length).trim() };
    this.#state = "after";
    return { reasoning: this.#text.slice(end + RULE.length).trimStart(), loading: "" };
  }
}

/** How many characters at the end of the text may be the beginning of the tag. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
