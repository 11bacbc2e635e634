import highlighter from "highlight.js/lib/common";

/** Code as HTML of spans with classes; null where the language is unknown. All of the text is escaped in it. */
export function highlight(text: string, language: string): string | null {
  if (!highlighter.getLanguage(language)) return null;
  return highlighter.highlight(text, { language, ignoreIllegals: true }).value;
}
