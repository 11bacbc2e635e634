import type { ActivityRow } from "../api/types";
import { bytes, duration } from "../state/format";

/** A column of the record. `sort` is what the server calls the order by it; without it, it can't be sorted. */
export interface Column {
  id: ColumnId;
  sort?: string;
  numeric?: true;
  mono?: true;
  /** Whether it is shown on a wide window, on a phone as well, or only where somebody asks for it. */
  shown: "phone" | "wide" | "asked";
}

const TABLE = {
  id: { sort: "id", numeric: true, shown: "asked" },
  time: { sort: "time", shown: "phone" },
  model: { sort: "model", shown: "phone" },
  requested: { shown: "asked" },
  path: { sort: "req_path", mono: true, shown: "wide" },
  status: { sort: "resp_status_code", shown: "phone" },
  outcome: { shown: "asked" },
  type: { sort: "resp_content_type", mono: true, shown: "asked" },
  cached: { sort: "cached", numeric: true, shown: "wide" },
  prompt: { sort: "prompt", numeric: true, shown: "wide" },
  generated: { sort: "generated", numeric: true, shown: "wide" },
  reasoning: { numeric: true, shown: "asked" },
  drafted: { sort: "drafted", numeric: true, shown: "asked" },
  prefill: { sort: "prompt_speed", numeric: true, shown: "wide" },
  decode: { sort: "gen_speed", numeric: true, shown: "wide" },
  queued: { numeric: true, shown: "asked" },
  loading: { numeric: true, shown: "asked" },
  firstByte: { numeric: true, shown: "asked" },
  firstToken: { numeric: true, shown: "asked" },
  duration: { sort: "duration", numeric: true, shown: "phone" },
  received: { numeric: true, shown: "asked" },
  sent: { numeric: true, shown: "asked" },
  key: { shown: "asked" },
  session: { mono: true, shown: "asked" },
  client: { mono: true, shown: "asked" },
  capture: { shown: "phone" },
} as const satisfies Record<string, Omit<Column, "id">>;

export type ColumnId = keyof typeof TABLE;

/** All of them, in the order in which they come. */
export const COLUMNS: readonly Column[] = Object.entries(TABLE).map(([id, more]) => ({ ...more, id: id as ColumnId }));

/** What somebody chose: an order of all columns, and which of them are seen. */
export interface Choice {
  order: ColumnId[];
  shown: ColumnId[];
}

/** The columns as they come, for a window of this width in pixels. */
export function defaultChoice(width: number): Choice {
  const shown = COLUMNS.filter((column) => column.shown === "phone" || (column.shown === "wide" && width >= 768));
  return { order: COLUMNS.map(({ id }) => id), shown: shown.map(({ id }) => id) };
}

/** A choice as it was kept; null where it is none. Columns that came later stand at the end, unseen. */
export function choiceOf(text: string | null): Choice | null {
  try {
    const kept = JSON.parse(text ?? "") as Partial<Choice> | null;
    const known = (ids: unknown): ColumnId[] => (Array.isArray(ids) ? [...new Set<unknown>(ids)].filter(isColumn) : []);
    const order = known(kept?.order);
    const shown = known(kept?.shown);
    if (!shown.length) return null;
    return { order: [...order, ...COLUMNS.map(({ id }) => id).filter((id) => !order.includes(id))], shown };
  } catch {
    return null;
  }
}

function isColumn(id: unknown): id is ColumnId {
  return typeof id === "string" && Object.hasOwn(TABLE, id);
}

/** Another order, in which a column stands so many places further. */
export function moved(order: readonly ColumnId[], id: ColumnId, places: number): ColumnId[] {
  const from = order.indexOf(id);
  const to = Math.max(0, Math.min(order.length - 1, from + places));
  const others = order.filter((one) => one !== id);
  return [...others.slice(0, to), id, ...others.slice(to)];
}

const NOTHING = "–";

/** What stands in a cell, but for those that are more than text. `locale` says how numbers are written. */
export function cellText(row: ActivityRow, id: ColumnId, locale: string): string {
  switch (id) {
    case "id":
      return String(row.id);
    case "time":
      return shortTime(row.timestamp, locale);
    case "model":
      return row.model;
    case "requested":
      return row.requested_model;
    case "path":
      return row.req_path;
    case "status":
      return String(row.resp_status_code);
    case "outcome":
      return row.outcome ?? NOTHING;
    case "type":
      return row.resp_content_type || NOTHING;
    case "cached":
      return count(row.tokens.cache_tokens, locale);
    case "prompt":
      return count(row.tokens.input_tokens, locale);
    case "generated":
      return count(row.tokens.output_tokens, locale);
    case "reasoning":
      return count(row.tokens.reasoning_tokens || -1, locale);
    case "drafted":
      return drafted(row.tokens.draft_acc_tokens, row.tokens.draft_tokens, locale);
    case "prefill":
      return speed(row.tokens.prompt_per_second, row.derived.prompt_per_second, locale);
    case "decode":
      return speed(row.tokens.tokens_per_second, row.derived.tokens_per_second, locale);
    case "queued":
      return milliseconds(row.queue_ms);
    case "loading":
      return milliseconds(row.load_ms);
    case "firstByte":
      return milliseconds(row.first_byte_ms);
    case "firstToken":
      return milliseconds(row.first_token_ms);
    case "duration":
      return milliseconds(row.duration_ms);
    case "received":
      return bytes(row.req_bytes);
    case "sent":
      return bytes(row.resp_bytes);
    case "key":
      return row.key || NOTHING;
    case "session":
      return row.session || NOTHING;
    case "client":
      return row.client || NOTHING;
    case "capture":
      return "";
  }
}

/** Tokens; `–` where nobody counted them. */
function count(value: number, locale: string): string {
  return value < 0 ? NOTHING : value.toLocaleString(locale);
}

function milliseconds(value: number | null): string {
  if (value === null) return NOTHING;
  return value < 1000 ? `${value} ms` : duration(value / 1000);
}

/** Tokens per second; what we measured ourselves is marked as such. */
function speed(told: number, measured: number | null, locale: string): string {
  const written = (value: number) =>
    value.toLocaleString(locale, { maximumFractionDigits: value < 100 ? 1 : 0, minimumFractionDigits: 0 });
  if (told > 0) return written(told);
  return measured === null ? NOTHING : `≈ ${written(measured)}`;
}

function drafted(accepted: number, all: number, locale: string): string {
  if (all < 0 || accepted < 0) return NOTHING;
  const share = all ? (accepted / all).toLocaleString(locale, { style: "percent", maximumFractionDigits: 0 }) : NOTHING;
  return `${share} (${accepted}/${all})`;
}

/** The time of today; the day with it where that is another one. */
function shortTime(timestamp: string, locale: string): string {
  const moment = new Date(timestamp);
  const time = moment.toLocaleTimeString(locale, { hour12: false });
  if (moment.toDateString() === new Date().toDateString()) return time;
  return `${moment.toLocaleDateString(locale, { day: "numeric", month: "short" })} ${time}`;
}
