import { HOME } from "../api/place";

/** What follows `/ui/` in the address, decoded, in parts. */
function here(): string[] {
  const path = location.pathname.startsWith(HOME.pathname) ? location.pathname.slice(HOME.pathname.length) : "";
  return path.split("/").filter(Boolean).map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  parts = $state.raw(here());

  /** Watch the address, and follow links within the UI without leaving the page. Called once. */
  begin(): void {
    this.#replaceOldAddress();
    addEventListener("popstate", () => (this.parts = here()));
    document.addEventListener("click", (event) => this.#click(event));
  }

  /** Go to a page: `models/writer`. */
  go(path: string): void {
    history.pushState(null, "", new URL(path || "./", HOME));
    this.parts = here();
    document.getElementById("content")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.origin !== HOME.origin || !link.pathname.startsWith(HOME.pathname)) return;
    event.preventDefault();
    this.go(link.pathname.slice(HOME.pathname.length) + link.search);
  }

  /** Bookmarks of UIs that route behind a hash lead where they say. */
  #replaceOldAddress(): void {
    if (!location.hash.startsWith("#/")) return;
    history.replaceState(null, "", new URL(location.hash.slice(2) || "./", HOME));
    this.parts = here();
  }
}

export const router = new Router();
