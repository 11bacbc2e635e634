import type { Plugin } from "vite";

const OTHER_FORMATS = /,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'](?:woff|truetype)["']\)/g;

/** Leaves only woff2 of the fonts of formulas, which every browser that we run in reads: a third of the files. */
export function oneFormatOfFonts(): Plugin {
  return {
    name: "one-format-of-fonts",
    enforce: "pre",
    transform(code, id) {
      return /katex.*\.css$/.test(id) ? { code: code.replace(OTHER_FORMATS, ""), map: null } : null;
    },
  };
}
