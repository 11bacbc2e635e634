import { Marked, type RendererExtension, type Token, type TokenizerExtension, type Tokens } from "marked";

// From text to HTML that nobody has looked at yet: `rendered.ts` makes it harmless. Formulas and code only leave their
// text behind, with a mark, so that what is made of them later comes from text and not from HTML.

interface Formula extends Tokens.Generic {
  raw: string;
  text: string;
}

type Extension = TokenizerExtension & RendererExtension;

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [
    formula("displayed", "block", ["$$", "\\["], /^(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\])[ \t]*(?:\n|$)/, "block"),
    formula("displayedInline", "inline", ["$$", "\\["], /^(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\])/, "block"),
    // `$5 and $6` is money: no space within, no digit behind.
    formula(
      "inline",
      "inline",
      ["$", "\\("],
      /^(?:\$(?![\s$])((?:\\.|[^$\n\\])+?)(?<!\s)\$(?!\d)|\\\((.+?)\\\))/,
      "inline",
    ),
  ],
  renderer: {
    html: ({ text }) => plainTags(text),
    code({ text, lang }) {
      const language = /^\S*/.exec(lang ?? "")?.[0] ?? "";
      if (language === "math") return marker(text, "block");
      return `<pre><code data-language="${escaped(language)}">${escaped(text)}\n</code></pre>\n`;
    },
  },
});

/** A paragraph, a list, a piece of code: what is rendered by itself, so that the rest can stay as it is. */
export interface Block {
  /** Equal texts are rendered equally. */
  raw: string;
  token: Token;
}

/** The blocks of a text. Of a text that grows, only the last ones change. */
export function blocksOf(text: string): Block[] {
  return marked
    .lexer(text)
    .filter((token) => token.type !== "space" && token.type !== "def")
    .map((token) => ({ raw: token.raw, token }));
}

/** A block as HTML, not sanitised. */
export function htmlOf(block: Block): string {
  return marked.parser([block.token]);
}

function formula(
  name: string,
  level: "block" | "inline",
  openings: string[],
  pattern: RegExp,
  shown: "block" | "inline",
): Extension {
  return {
    name,
    level,
    start(source) {
      const found = openings.map((opening) => source.indexOf(opening)).filter((at) => at >= 0);
      return found.length ? Math.min(...found) : undefined;
    },
    tokenizer(source): Formula | undefined {
      const match = pattern.exec(source);
      return match ? { type: name, raw: match[0], text: (match[1] ?? match[2] ?? "").trim() } : undefined;
    },
    renderer: (token) => marker((token as Formula).text, shown),
  };
}

function marker(text: string, shown: "block" | "inline"): string {
  const tag = shown === "block" ? "div" : "span";
  return `<${tag} data-math="${shown}">${escaped(text)}</${tag}>`;
}

const PLAIN_TAGS = /&#60;(\/?(?:b|br|details|em|i|kbd|mark|s|small|strong|sub|summary|sup|u) ?\/?)&#62;/gi;

/** HTML in the text is shown as it is written, but for a few tags without attributes. */
function plainTags(text: string): string {
  return escaped(text).replace(PLAIN_TAGS, "<$1>");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
