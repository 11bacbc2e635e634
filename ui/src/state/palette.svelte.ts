import { PAGES, routeOf } from "../pages";
import { router } from "./router.svelte";

/** The command palette, and the keys that work everywhere. */
class PaletteState {
  open = $state(false);
  #leading = false;

  toggle(): void {
    this.open = !this.open;
  }

  /** Ctrl+K opens the palette; `g` and a letter go to a page. */
  key(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      this.toggle();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
    const page = PAGES.find((one) => one.key === event.key);
    if (this.#leading && page) router.go(routeOf(page));
    this.#leading = event.key === "g";
  }
}

/** Whether keys belong to where they go; also in an editor, which stands in a shadow root. */
function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog, [contenteditable]") !== null;
}

export const palette = new PaletteState();
