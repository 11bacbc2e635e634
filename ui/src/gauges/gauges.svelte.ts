import { ApiError, askJson } from "../api/client";
import { yard } from "../state/yard.svelte";
import { devicesOf, extended, newestOf, NO_SAMPLES, type Device, type Performance, type Samples } from "./performance";
import { Pulse } from "./pulse";

/** Milliseconds; the server samples no quicker. */
const PAUSE = 5000;

/** What the machine does, as long as somebody looks at it. */
class Gauges {
  samples = $state.raw<Samples>(NO_SAMPLES);
  /** Whether the server measures nothing, or not for this key; null while that is not known. */
  off = $state<boolean | null>(null);
  failure = $state("");
  /** Rises with each look at the requests. */
  beats = $state(0);
  readonly pulse = new Pulse();
  readonly devices: Device[] = $derived(devicesOf(this.samples));
  #watchers = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Keep an eye on how many requests there are, from now on. Called once. */
  begin(): void {
    setInterval(() => {
      if (yard.connection.state !== "live") return;
      const waiting = yard.queue.length;
      this.pulse.beat({ timestamp: new Date().toISOString(), waiting, working: yard.requests.length - waiting });
      this.beats += 1;
    }, PAUSE);
  }

  /** Look, again and again; returns how to end it. */
  watch(): () => void {
    if (++this.#watchers === 1) this.#timer = setInterval(() => !document.hidden && void this.look(), PAUSE);
    void this.look();
    return () => {
      if (--this.#watchers === 0) clearInterval(this.#timer);
    };
  }

  async look(): Promise<void> {
    const newest = newestOf(this.samples);
    const since = newest === null ? "" : `?after=${encodeURIComponent(newest)}`;
    try {
      const told = await askJson<Performance>(`api/performance${since}`);
      // Another look may have brought the same.
      if (newest === newestOf(this.samples)) this.samples = extended(this.samples, told);
      this.off = false;
      this.failure = "";
    } catch (error) {
      // Switched off, or not for this key: then there is nothing to draw. Else what was seen stays.
      if (error instanceof ApiError && [403, 404, 503].includes(error.status)) {
        this.samples = NO_SAMPLES;
        this.off = true;
      } else this.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

export const gauges = new Gauges();
