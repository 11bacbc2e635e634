/** A piece of a line in one style. Colours are an index of the sixteen, or a CSS colour. */
export interface Styled {
  text: string;
  colour: number | string | null;
  bold: boolean;
  dim: boolean;
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const SEQUENCE = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]/g;

/** Split a line by its escape sequences. What is no colour is left out; colours of the background, too. */
export function styled(line: string): Styled[] {
  if (!line.includes("\x1b")) return [{ text: line, ...PLAIN }];
  const pieces: Styled[] = [];
  let style = { ...PLAIN };
  let at = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    if (match.index > at) pieces.push({ text: line.slice(at, match.index), ...style });
    if (match[2] === "m") style = apply(style, match[1] ?? "");
    at = match.index + match[0].length;
  }
  if (at < line.length) pieces.push({ text: line.slice(at), ...style });
  return pieces;
}

/** The line without its escape sequences. */
export function plain(line: string): string {
  return line.includes("\x1b") ? line.replace(SEQUENCE, "") : line;
}

type Style = Omit<Styled, "text">;
const PLAIN: Style = { colour: null, bold: false, dim: false };

function apply(before: Style, parameters: string): Style {
  const style = { ...before };
  const codes = parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 0) Object.assign(style, PLAIN);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code >= 30 && code <= 37) style.colour = code - 30;
    else if (code >= 90 && code <= 97) style.colour = code - 90 + 8;
    else if (code === 39) style.colour = null;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(index + 1));
      if (code === 38) style.colour = colour;
      index += used;
    }
  }
  return style;
}

/** A colour of the 256 or of all, and how many codes say so. */
function extended(codes: number[]): [number | string | null, number] {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 5) return [indexed(first), 2];
  if (kind === 2) return [`rgb(${first % 256} ${second % 256} ${third % 256})`, 4];
  return [null, 0];
}

function indexed(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + (index - 232) * 10)
      .join(" ")})`;
  const cube = index - 16;
  const levels = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return `rgb(${levels.map((level) => (level ? 55 + level * 40 : 0)).join(" ")})`;
}
