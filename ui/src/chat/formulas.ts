import katex from "katex";
import "katex/dist/katex.min.css";

/** Show TeX in an element; what is no TeX stays as it is written. Nothing in a formula can make a link or fetch. */
export function typeset(text: string, element: HTMLElement, displayed: boolean): void {
  const made = document.createElement("span");
  try {
    // Into elements, never as HTML: styles that are set from a script need no laxer policy.
    katex.render(text, made, { displayMode: displayed, trust: false, strict: "ignore", maxSize: 40, maxExpand: 500 });
  } catch (error) {
    element.classList.add("formula-broken");
    element.title = error instanceof Error ? error.message : "";
    return;
  }
  element.replaceChildren(...made.childNodes);
}
