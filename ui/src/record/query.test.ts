import { expect, test } from "vitest";
import { addressOf, countOf, filtersOf, NO_FILTERS, pageParameters, parametersOf } from "./query";

const NOW = Date.parse("2031-02-05T09:00:00Z");

test("only what is said becomes a parameter", () => {
  expect(parametersOf(NO_FILTERS, NOW).toString()).toBe("");
  const filters = { ...NO_FILTERS, model: " org/poet ", status: "404", session: "a+b c" };
  expect(Object.fromEntries(parametersOf(filters, NOW))).toEqual({
    model: "org/poet",
    status: "404",
    session: "a+b c",
  });
});

test("a span ends now, and counts more than a beginning and an end", () => {
  const filters = { ...NO_FILTERS, span: "hour" as const, start: "2030-01-01T00:00", end: "2030-01-02T00:00" };
  expect(Object.fromEntries(parametersOf(filters, NOW))).toEqual({ start: "2031-02-05T08:00:00.000Z" });
});

test("times of the clock on the wall are sent as moments; what is no date is left out", () => {
  const filters = { ...NO_FILTERS, start: "2031-02-05T08:30", end: "soon" };
  const start = parametersOf(filters, NOW).get("start");
  expect(Date.parse(start ?? "")).toBe(new Date(2031, 1, 5, 8, 30).getTime());
  expect(parametersOf(filters, NOW).has("end")).toBe(false);
});

test("a page has its order", () => {
  const place = { page: 3, limit: 50, sort: "duration", descending: false };
  expect(pageParameters(NO_FILTERS, place, NOW).toString()).toBe("page=3&limit=50&sort=duration&order=asc");
});

test("an address keeps the filters, and strangers in it are left out", () => {
  const filters = { ...NO_FILTERS, model: "org/poet", outcome: "ok", span: "day" as const };
  expect(filtersOf(addressOf(filters))).toEqual(filters);
  expect(addressOf(NO_FILTERS)).toBe("");
  expect(filtersOf("?span=toString&colour=red")).toEqual(NO_FILTERS);
});

test("a time is one filter, however it is said", () => {
  expect(countOf(NO_FILTERS)).toBe(0);
  expect(countOf({ ...NO_FILTERS, key: "website", start: "2031-02-05T08:30", end: "2031-02-05T09:30" })).toBe(2);
});
