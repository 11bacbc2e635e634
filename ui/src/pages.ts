import type { Component } from "svelte";
import { HOME } from "./api/place";
import type { en } from "./words/en";

/** A page of the UI. Its icon has its name, and so have its words. */
export interface Page {
  name: keyof typeof en.pages;
  /** `g` and this letter go there. */
  key: string;
  /** Which part of the menu it stands in. */
  part: "now" | "past" | "setup";
  /** Whether a phone shows it without being asked; there is room for four. */
  first?: true;
  /** Fetched when it is first gone to; the yard comes with the app. */
  load?: () => Promise<{ default: Component }>;
}

/** All pages, in the order of the menu. A new one needs a line here, its words, and an icon. */
export const PAGES: readonly Page[] = [
  { name: "yard", key: "y", part: "now", first: true },
  { name: "models", key: "m", part: "now", first: true, load: () => import("./pages/Models.svelte") },
  { name: "playground", key: "p", part: "now", first: true, load: () => import("./pages/Playground.svelte") },
  { name: "activity", key: "a", part: "past", first: true, load: () => import("./pages/Activity.svelte") },
  { name: "logs", key: "l", part: "past", load: () => import("./pages/Logs.svelte") },
  { name: "performance", key: "f", part: "past", load: () => import("./pages/Performance.svelte") },
  { name: "hardware", key: "h", part: "past", load: () => import("./pages/Hardware.svelte") },
  { name: "simulate", key: "i", part: "past", load: () => import("./pages/Simulate.svelte") },
  { name: "config", key: "c", part: "setup", load: () => import("./pages/Config.svelte") },
  { name: "settings", key: "s", part: "setup", load: () => import("./pages/Settings.svelte") },
];

const YARD = PAGES[0] as Page;

/** The page that an address leads to; the yard where it leads nowhere. */
export function pageOf(parts: readonly string[]): Page {
  return PAGES.find((page) => page.load && page.name === parts[0]) ?? YARD;
}

/** What follows `/ui/` in a page's address. */
export function routeOf(page: Page): string {
  return page.load ? page.name : "";
}

/** A page's address, for links. */
export function hrefOf(page: Page): string {
  return new URL(routeOf(page) || "./", HOME).pathname;
}
