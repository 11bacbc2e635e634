import { expect, test, vi } from "vitest";
import { de } from "./words/de";
import { en } from "./words/en";

vi.mock("./api/place", () => ({ HOME: new URL("http://yard.example/below/ui/") }));
const { PAGES, hrefOf, pageOf } = await import("./pages");

test("every page has its own key and its words, and every name of a page is a page", () => {
  expect(new Set(PAGES.map((page) => page.key)).size).toBe(PAGES.length);
  expect(PAGES.map((page) => page.name).sort()).toEqual(Object.keys(en.pages).sort());
  expect(Object.keys(de.pages).sort()).toEqual(Object.keys(en.pages).sort());
});

test("a phone has room for four and the rest", () => {
  expect(PAGES.filter((page) => page.first)).toHaveLength(4);
});

test("an address leads to its page, and home where it leads nowhere", () => {
  expect(pageOf(["models", "org", "poet"]).name).toBe("models");
  expect(pageOf([]).name).toBe("yard");
  expect(pageOf(["constructor"]).name).toBe("yard");
  expect(PAGES.map(hrefOf).slice(0, 2)).toEqual(["/below/ui/", "/below/ui/models"]);
});
