// The API's answers, as far as the UI reads them. What comes from classes of the server is in generated.ts.

export type Phase =
  "stopped" | "starting" | "ready" | "stopping" | "asleep" | "falling_asleep" | "waking" | "failed" | "shutdown";

/** One model as `/api/events` tells it. */
export interface ModelStatus {
  id: string;
  name: string;
  description: string;
  state: string;
  phase?: Phase;
  /** Why its process was started, or told to stop; empty where none runs. */
  reason?: string;
  /** How far it has loaded, from 0 to 1, where its log tells. */
  progress?: number;
  unlisted: boolean;
  peerID: string;
  aliases?: string[];
  context_length?: number;
  /** Only what it can do is named. */
  capabilities?: Partial<Record<string, boolean>>;
}

/** One request that is being worked on. */
export interface InFlightRequest {
  id: string;
  timestamp: string;
  model: string;
  req_path: string;
  method: string;
  req_headers?: Record<string, string>;
  remote_ip?: string;
  resp_bytes: number;
  elapsed_ms: number;
  metadata?: Record<string, string>;
}

export type InFlightNews =
  | { operation: "snapshot"; requests?: InFlightRequest[] }
  | { operation: "upsert"; request: InFlightRequest }
  | { operation: "remove"; id: string };

/** `GET /api/status`; times are seconds. */
export interface Status {
  version: string;
  uptime: number;
  router: string;
  shuttingDown: boolean;
  waiting: number;
  models: ModelFigures[];
}

export interface ModelFigures {
  model: string;
  phase: Phase;
  since: number;
  inFlight: number;
  waiting: number;
  held: boolean;
  failure?: string | null;
  retryIn?: number | null;
  proxy: string;
  ttl: number;
}

/** One waiting request of `GET /api/queue`; times are seconds. */
export interface Waiting {
  id: number;
  model: string;
  position: number;
  caller: string;
  waited: number;
  expectedIn: number | null;
}

/** `GET /api/explain/MODEL`; times are seconds. */
export interface Explanation {
  model: string;
  verdict: string;
  sentences: string[];
  evicts: string[];
  reason: string;
  behind: string[];
  endsIn: number | null;
  wait: number | null;
}

export interface Profiles {
  active: string | null;
  profiles: { id: string; description: string; pins: Record<string, string> }[];
}

/** How a request ended. */
export type Outcome = "ok" | "client_gone" | "upstream_error" | "cancelled" | "rejected";

/** A row of the record of requests. Figures of -1 were not told by the engine; null does not apply. */
export interface ActivityRow {
  id: number;
  timestamp: string;
  model: string;
  requested_model: string;
  req_path: string;
  resp_content_type: string;
  resp_status_code: number;
  tokens: {
    cache_tokens: number;
    draft_tokens: number;
    draft_acc_tokens: number;
    input_tokens: number;
    output_tokens: number;
    prompt_per_second: number;
    tokens_per_second: number;
    reasoning_tokens: number;
  };
  /** Speeds by the clock of the server, where the engine reports none. */
  derived: { prompt_per_second: number | null; tokens_per_second: number | null };
  duration_ms: number;
  queue_ms: number | null;
  load_ms: number | null;
  first_byte_ms: number | null;
  first_token_ms: number | null;
  outcome: Outcome | null;
  req_bytes: number;
  resp_bytes: number;
  key: string;
  session: string;
  client: string;
  has_capture: boolean;
  error_msg?: string;
  metadata?: Record<string, string>;
}

export interface ActivityPage {
  data: ActivityRow[];
  page: number;
  limit: number;
  total: number;
  total_pages: number;
  dropped: number;
}

/** How values are spread; all bins are equally wide. */
export interface Histogram {
  bins: number[];
  min: number;
  max: number;
  binSize: number;
  p50: number;
  p95: number;
  p99: number;
}

export interface ActivityStats {
  total_requests: number;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_tokens: number;
  prompt_histogram: Histogram | null;
  gen_histogram: Histogram | null;
}

/** What was said in a request; bodies are in base64. */
export interface Capture {
  id: number;
  req_path: string;
  req_headers: Record<string, string> | null;
  req_body: string | null;
  resp_headers: Record<string, string> | null;
  resp_body: string | null;
}
