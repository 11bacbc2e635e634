import { askIfThere, askJson } from "../api/client";
import type { ConfigStatus } from "../api/generated";
import { address } from "../api/place";
import type { InFlightRequest, ModelFigures, ModelStatus, Phase, Status, Waiting } from "../api/types";
import { applyInFlight } from "../stream/digest";
import type { Connection, Message, Told } from "../stream/messages";
import { subscribe, type Subscription } from "../stream/subscribe";
import { door } from "./door";
import { key } from "./key.svelte";
import { Lines } from "./lines";
import { Timeline, type Span } from "./timeline";

/** Milliseconds between two looks at the queue while something waits or changes, and while nothing does. */
const BUSY = 1000;
const QUIET = 15_000;
const HIDDEN_FRAME = 1000;
const SETTLED: ReadonlySet<Phase> = new Set(["stopped", "ready", "asleep", "failed", "shutdown"]);

/** A model with all that is known of it. `sinceAt` is milliseconds since the epoch. */
export interface YardModel extends ModelStatus {
  phase: Phase;
  sinceAt: number | null;
  inFlight: number;
  waiting: number;
  held: boolean;
  /** Of a start that failed: why, and when it may be tried again, in milliseconds since the epoch. */
  failure: string;
  retryAt: number | null;
}

/** What the server tells, for all pages. Changes come at most once a frame. */
class Yard {
  connection = $state.raw<Connection>({ state: "connecting" });
  statuses = $state.raw<ModelStatus[]>([]);
  figures = $state.raw<ReadonlyMap<string, ModelFigures & { at: number }>>(new Map());
  queue = $state.raw<Waiting[]>([]);
  /** When the queue was looked at. */
  queueAt = $state.raw(0);
  requests = $state.raw<InFlightRequest[]>([]);
  spans = $state.raw<readonly Span[]>([]);
  config = $state.raw<ConfigStatus | null>(null);
  profile = $state.raw<string | null>(null);
  /** Headers that name a session; the first that a request has counts. */
  sessionHeaders = $state.raw<readonly string[]>([]);
  status = $state.raw<Status | null>(null);
  /** Rises with each new line of a log. */
  logged = $state(0);
  /** Rises with each new row of the record. */
  recorded = $state(0);
  readonly logs = { proxy: new Lines(), upstream: new Lines() };

  readonly models: YardModel[] = $derived(this.statuses.map((status) => this.#model(status)));
  readonly resident: YardModel[] = $derived(this.models.filter((model) => isResident(model.phase)));

  #timeline = new Timeline();
  #table = new Map<string, InFlightRequest>();
  #pending: Told[] = [];
  #frame: (() => void) | null = null;
  #subscription: Subscription | null = null;
  #polling: ReturnType<typeof setTimeout> | undefined;

  /** Listen to the server; again where the key is another one. Called once. */
  begin(): void {
    this.#listen();
    addEventListener("pagehide", () => this.#subscription?.close());
    addEventListener("pageshow", (event: PageTransitionEvent) => event.persisted && this.#listen());
    document.addEventListener("visibilitychange", () => !document.hidden && this.pollSoon());
  }

  /** The key is another one. */
  rejoin(): void {
    this.#subscription?.close();
    this.#listen();
  }

  retry(): void {
    this.#subscription?.retry();
  }

  /** Look at the queue and the figures now. */
  pollSoon(): void {
    clearTimeout(this.#polling);
    this.#polling = setTimeout(() => void this.#poll(), 50);
  }

  #listen(): void {
    this.#subscription = subscribe(address("api/events"), key.value, (told) => this.#hear(told));
  }

  #hear(told: Told): void {
    this.#pending.push(told);
    if (this.#frame !== null) return;
    const take = () => {
      this.#frame?.();
      this.#frame = null;
      this.#take();
    };
    const frame = requestAnimationFrame(take);
    // Pages that nobody sees have no frames; what is told must not pile up.
    const timer = setTimeout(take, HIDDEN_FRAME);
    this.#frame = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }

  #take(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const told of pending) {
      if (told.kind === "reset") this.#reset();
      else if (told.kind === "news") told.news.forEach((message) => this.#apply(message));
      else this.#connected(told.connection);
    }
    this.requests = [...this.#table.values()];
    this.spans = [...this.#timeline.spans()];
  }

  #reset(): void {
    this.logs.proxy.clear();
    this.logs.upstream.clear();
    this.#table.clear();
  }

  #connected(connection: Connection): void {
    this.connection = connection;
    if (connection.state === "live") this.pollSoon();
    if (connection.state === "live" || connection.state === "lost") door.open();
    if (connection.state !== "refused") return;
    void key.wanted().then((given) => {
      door.open();
      if (given) this.rejoin();
    });
  }

  #apply(message: Message): void {
    switch (message.type) {
      case "modelStatus":
        return this.#applyStatus(message.data);
      case "logData":
        return this.#applyLog(message.data.source, message.data.data);
      case "inflight": {
        const before = this.#table.size;
        applyInFlight(this.#table, message.data);
        if (this.#table.size !== before) this.pollSoon();
        return;
      }
      case "profileChanged":
        this.profile = message.data.active;
        return;
      case "uiConfig":
        this.sessionHeaders = message.data.activity?.session_id ?? [];
        return;
      case "configStatus":
        this.config = message.data;
        return;
      case "activity":
        this.recorded += 1;
    }
  }

  #applyStatus(statuses: ModelStatus[]): void {
    this.statuses = statuses;
    const now = Date.now();
    for (const status of statuses)
      if (!status.peerID) this.#timeline.note(status.id, phaseOf(status), now, status.reason);
    this.pollSoon();
  }

  #applyLog(source: string, data: string): void {
    const log = source === "proxy" ? this.logs.proxy : this.logs.upstream;
    this.logged += log.push(data).length;
  }

  async #poll(): Promise<void> {
    clearTimeout(this.#polling);
    if (this.connection.state !== "live" || document.hidden) return;
    try {
      const [status, queue] = await Promise.all([
        askIfThere<Status>("api/status"),
        askJson<{ queue: Waiting[] }>("api/queue").catch(() => ({ queue: [] })),
      ]);
      if (status) this.#figure(status);
      this.queue = queue.queue;
      this.queueAt = Date.now();
    } catch {
      // The stream says whether the server is there.
    }
    clearTimeout(this.#polling);
    this.#polling = setTimeout(() => void this.#poll(), this.#busy() ? BUSY : QUIET);
  }

  #figure(status: Status): void {
    const at = Date.now();
    this.status = status;
    this.figures = new Map(status.models.map((figures) => [figures.model, { ...figures, at }]));
    for (const { model, phase, since } of status.models) this.#timeline.correct(model, phase, at - since * 1000);
    this.spans = [...this.#timeline.spans()];
  }

  #busy(): boolean {
    return this.#table.size > 0 || this.queue.length > 0 || this.models.some((model) => !SETTLED.has(model.phase));
  }

  #model(status: ModelStatus): YardModel {
    const phase = phaseOf(status);
    const figures = this.figures.get(status.id);
    const same = figures?.phase === phase;
    return {
      ...status,
      phase,
      sinceAt: same ? figures.at - figures.since * 1000 : this.#lastSpanStart(status.id, phase),
      inFlight: figures?.inFlight ?? 0,
      waiting: figures?.waiting ?? 0,
      held: figures?.held ?? false,
      failure: figures?.failure ?? "",
      retryAt: figures?.retryIn == null ? null : figures.at + figures.retryIn * 1000,
    };
  }

  #lastSpanStart(model: string, phase: Phase): number | null {
    const span = this.spans.findLast((one) => one.model === model);
    return span?.to === null && span.phase === phase ? span.from : null;
  }
}

export function phaseOf(status: ModelStatus): Phase {
  return status.phase ?? ((status.state || "stopped") as Phase);
}

export function isResident(phase: Phase): boolean {
  return phase !== "stopped" && phase !== "failed" && phase !== "shutdown";
}

/** What people call a model. */
export function nameOf(model: { id: string; name: string }): string {
  return model.name.trim() || model.id;
}

export const yard = new Yard();
