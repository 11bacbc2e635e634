import DOMPurify from "dompurify";
import { htmlOf, type Block } from "./markdown";

// Sanitised first, then adorned: what is made of code and formulas comes from their text, by libraries that are fetched
// when there is something for them to do.

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node instanceof HTMLAnchorElement) {
    node.target = "_blank";
    node.rel = "noreferrer noopener";
  }
});

// A library that can't be fetched leaves the text as it is.
let highlight: ((text: string, language: string) => string | null) | undefined;
let typeset: ((text: string, element: HTMLElement, displayed: boolean) => void) | undefined;

/** Show a block of Markdown in an element, as HTML in which nothing runs and nothing is fetched. */
export function fill(element: HTMLElement, block: Block, copyWord: string): void {
  const fragment = DOMPurify.sanitize(htmlOf(block), {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "button",
      "select",
      "textarea",
      "dialog",
      "img",
      "picture",
      "video",
      "audio",
    ],
    FORBID_ATTR: ["style", "class", "id", "name", "tabindex", "autofocus", "popover"],
  });
  for (const code of fragment.querySelectorAll<HTMLElement>("pre > code")) adornCode(code, copyWord);
  for (const formula of fragment.querySelectorAll<HTMLElement>("[data-math]")) void adornFormula(formula);
  element.replaceChildren(fragment);
}

/** The text of the code that a button stands above; null where it is no such button. */
export function codeBeside(target: EventTarget | null): string | null {
  const button = target instanceof Element ? target.closest("[data-copies]") : null;
  return button?.closest("figure")?.querySelector("code")?.textContent ?? null;
}

function adornCode(code: HTMLElement, copyWord: string): void {
  const pre = code.parentElement as HTMLElement;
  const language = code.dataset.language ?? "";
  const figure = document.createElement("figure");
  figure.className = "code";
  const head = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = language;
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.copies = "";
  button.textContent = copyWord;
  head.append(name, button);
  pre.replaceWith(figure);
  // It scrolls sideways, so the keyboard must reach it.
  pre.tabIndex = 0;
  figure.append(head, pre);
  if (language) void colour(code, language);
}

async function colour(code: HTMLElement, language: string): Promise<void> {
  highlight ??= await import("./highlight").then(
    (library) => library.highlight,
    () => undefined,
  );
  const html = highlight?.(code.textContent ?? "", language);
  if (typeof html === "string") code.innerHTML = html;
}

async function adornFormula(element: HTMLElement): Promise<void> {
  const text = element.textContent ?? "";
  typeset ??= await import("./formulas").then(
    (library) => library.typeset,
    () => undefined,
  );
  typeset?.(text, element, element.dataset.math === "block");
}
