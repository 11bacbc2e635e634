import type { ProblemShown } from "../api/generated";

/** Something to say at a place of a text. Lines and columns begin at 1; line 0 is the text as a whole. */
export interface Mark {
  line: number;
  column: number;
  severity: "error" | "warning";
  message: string;
}

/** The lines of a text, as CodeMirror knows them. */
interface Lines {
  lines: number;
  line(number: number): { from: number; to: number; text: string };
}

/** The mistakes of one file. */
export function marksOf(problems: readonly ProblemShown[], file: string): Mark[] {
  return problems
    .filter((problem) => problem.file === file)
    .map(({ line, column, path, message, remedy }) => ({
      line,
      column,
      severity: "error",
      message: `${path ? `${path}: ` : ""}${message}${remedy ? ` (${remedy})` : ""}`,
    }));
}

/** The warnings of one file: the server writes them as `FILE:LINE:COLUMN: words`. */
export function warningsOf(warnings: readonly string[], file: string): Mark[] {
  return warnings.flatMap((warning) => {
    if (!warning.startsWith(`${file}:`)) return [];
    const found = /^(\d+):(\d+): (.*)$/s.exec(warning.slice(file.length + 1));
    return found
      ? [{ line: Number(found[1]), column: Number(found[2]), severity: "warning" as const, message: found[3] ?? "" }]
      : [];
  });
}

/** Where a place is. Columns count characters, offsets the halves of those beyond the usual 65,536. A place that is not
 *  there, since the text has changed, is the nearest that is. */
export function offsetOf(doc: Lines, place: { line: number; column: number }): number {
  const line = doc.line(Math.min(Math.max(place.line, 1), doc.lines));
  const before = Array.from(line.text).slice(0, Math.max(place.column, 1) - 1);
  return Math.min(line.from + before.join("").length, line.to);
}
