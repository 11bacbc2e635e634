import type { OriginShown } from "../api/generated";

const COMMANDS = new Set(["cmd", "cmdStop"]);

/** A value of the configuration in words: texts as they are, commands a switch a line, the rest as JSON. */
export function said(value: unknown, key = ""): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return JSON.stringify(value, null, typeof value === "object" ? 2 : 0);
  if (!value.length) return "–";
  const texts = value.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
  if (COMMANDS.has(key)) return command(texts);
  return texts.join(texts.some((text) => /\s/.test(text)) ? "\n" : ", ");
}

/** A command as people write it in a file: each switch begins a line, and has its value beside it. */
function command(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const quoted = /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
    if (!lines.length || /^--?[a-z]/i.test(word)) lines.push(quoted);
    else lines.push(`${lines.pop() ?? ""} ${quoted}`);
  }
  return lines.join("\n    ");
}

/** An origin without the folders of its file: they are the same for all, and stand above. */
export function shortly(origin: OriginShown): string {
  return origin.file ? origin.text.replace(origin.file, baseName(origin.file)) : origin.text;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split("/").pop() ?? path;
}

/** A dotted path that may be broken behind its dots. */
export function breakable(path: string): string {
  return path.replaceAll(".", ".\u200b");
}
