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
  unlisted: boolean;
  peerID: string;
  aliases?: string[];
  context_length?: number;
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

/** A row of the record of requests. Figures of -1 were not told by the engine. */
export interface ActivityRow {
  id: number;
  timestamp: string;
  model: string;
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
  };
  duration_ms: number;
  has_capture: boolean;
  error_msg?: string;
}

export interface ActivityPage {
  data: ActivityRow[];
  page: number;
  limit: number;
  total: number;
  total_pages: number;
}

export interface ActivityStats {
  total_requests: number;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_tokens: number;
}
