import type { Outcome } from "../api/types";

export const OUTCOMES: readonly Outcome[] = ["ok", "client_gone", "upstream_error", "cancelled", "rejected"];
/** Values of one column, as the server knows them; empty means any. */
const EXACT = ["model", "outcome", "status", "path", "requested", "key", "session"] as const;
/** Spans that end now, and their seconds. */
export const SPANS = { hour: 3600, day: 86_400, week: 604_800 } as const;
export const LIMITS = [25, 50, 100, 250] as const;
export const DEFAULT_LIMIT = 25;

export type Exact = (typeof EXACT)[number];
/** Which rows are meant. `span` or else `start` and `end`, as `<input type="datetime-local">` writes them. */
export type Filters = Record<Exact, string> & { span: keyof typeof SPANS | ""; start: string; end: string };

export const NO_FILTERS: Filters = {
  model: "",
  outcome: "",
  status: "",
  path: "",
  requested: "",
  key: "",
  session: "",
  span: "",
  start: "",
  end: "",
};

/** A page of rows in an order; `sort` is a name that the server knows. */
export interface Place {
  page: number;
  limit: number;
  sort: string;
  descending: boolean;
}

/** The filters as the server's parameters. Spans end at `now`, in milliseconds since the epoch. */
export function parametersOf(filters: Filters, now: number): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of EXACT) if (filters[name].trim()) parameters.set(name, filters[name].trim());
  const start = filters.span ? now - SPANS[filters.span] * 1000 : Date.parse(filters.start);
  const end = filters.span ? Number.NaN : Date.parse(filters.end);
  if (Number.isFinite(start)) parameters.set("start", new Date(start).toISOString());
  if (Number.isFinite(end)) parameters.set("end", new Date(end).toISOString());
  return parameters;
}

/** The parameters of one page. */
export function pageParameters(filters: Filters, place: Place, now: number): URLSearchParams {
  const parameters = parametersOf(filters, now);
  parameters.set("page", String(place.page));
  parameters.set("limit", String(place.limit));
  parameters.set("sort", place.sort);
  parameters.set("order", place.descending ? "desc" : "asc");
  return parameters;
}

/** How many filters are set; a time is one. */
export function countOf(filters: Filters): number {
  return EXACT.filter((name) => filters[name].trim()).length + (filters.span || filters.start || filters.end ? 1 : 0);
}

/** The filters in the page's own address, so that they can be kept and sent to somebody. */
export function addressOf(filters: Filters): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value.trim()) parameters.set(name, value.trim());
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

/** The filters of an address; what it does not know is left out. */
export function filtersOf(address: string): Filters {
  const parameters = new URLSearchParams(address);
  const filters = { ...NO_FILTERS };
  for (const name of [...EXACT, "start", "end"] as const) filters[name] = parameters.get(name) ?? "";
  const span = parameters.get("span") ?? "";
  if (Object.hasOwn(SPANS, span)) filters.span = span as keyof typeof SPANS;
  return filters;
}
