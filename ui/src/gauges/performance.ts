import type { GpuSample, ModelSample, SystemSample } from "../api/generated";

/** `GET /api/performance`. */
export interface Performance {
  enabled: boolean;
  sys_stats: SystemSample[] | null;
  gpu_stats: GpuSample[] | null;
  model_stats?: ModelSample[] | null;
}

/** How far back samples are kept, in milliseconds: as far as the server keeps them. */
export const KEPT = 3_600_000;
export const MEBIBYTE = 1 << 20;

/** Samples of the last hour, oldest first. */
export interface Samples {
  systems: readonly SystemSample[];
  gpus: readonly GpuSample[];
  models: readonly ModelSample[];
}

export const NO_SAMPLES: Samples = { systems: [], gpus: [], models: [] };

/** What is known with what was asked for after it; what is older than an hour goes. */
export function extended(known: Samples, news: Performance): Samples {
  const systems = [...known.systems, ...(news.sys_stats ?? [])];
  const gpus = [...known.gpus, ...(news.gpu_stats ?? [])];
  const models = [...known.models, ...(news.model_stats ?? [])];
  const newest = newestOf({ systems, gpus, models });
  const oldest = newest === null ? 0 : Date.parse(newest) - KEPT;
  return { systems: since(systems, oldest), gpus: since(gpus, oldest), models: since(models, oldest) };
}

/** Where to go on from: the time of the newest sample. */
export function newestOf({ systems, gpus, models }: Samples): string | null {
  const last = [systems, gpus, models].map((samples) => samples.at(-1)?.timestamp ?? "");
  return last.sort((one, other) => Date.parse(one || "1970-01-01") - Date.parse(other || "1970-01-01")).at(-1) || null;
}

function since<T extends { timestamp: string }>(samples: T[], oldest: number): T[] {
  const first = samples.findIndex((sample) => Date.parse(sample.timestamp) >= oldest);
  return first <= 0 ? samples : samples.slice(first);
}

/** What one model holds on a device, in bytes. */
export interface Share {
  model: string;
  bytes: number;
}

/** The memory of one device; sizes are bytes. `name` is empty for that of the machine. */
export interface Device {
  id: string;
  name: string;
  used: number;
  total: number;
  shares: Share[];
}

/** The newest sample of each device with the models that hold some of it, GPUs first. */
export function devicesOf({ systems, gpus, models }: Samples): Device[] {
  const last = models.at(-1)?.timestamp;
  const held = models.filter((sample) => sample.timestamp === last);
  const newest = new Map(gpus.map((gpu) => [gpu.id, gpu]));
  const ofGpus = [...newest.values()].map((gpu) => ({
    id: `gpu ${gpu.id}`,
    name: newest.size > 1 ? `${gpu.id}: ${gpu.name}` : gpu.name,
    used: gpu.mem_used_mb * MEBIBYTE,
    total: gpu.mem_total_mb * MEBIBYTE,
    shares: shares(held, (sample) => sample.gpu[String(gpu.id)] ?? 0),
  }));
  const machine = systems.at(-1);
  const ofMachine = machine && {
    id: "machine",
    name: "",
    used: machine.mem_used_mb * MEBIBYTE,
    total: machine.mem_total_mb * MEBIBYTE,
    // What could be dropped, files above all, is not counted as used.
    shares: shares(held, (sample) => sample.anonymous),
  };
  return [...ofGpus, ...(ofMachine ? [ofMachine] : [])].filter((device) => device.total > 0);
}

/** What a model holds, as it was measured last, in bytes: on GPUs where it is on any, else of the machine's memory. */
export function heldBy({ models }: Samples, model: string): number {
  const last = models.at(-1)?.timestamp;
  const sample = models.findLast((one) => one.timestamp === last && one.model === model);
  if (!sample) return 0;
  return Object.values(sample.gpu).reduce((sum, held) => sum + held, 0) || sample.anonymous;
}

function shares(samples: ModelSample[], bytes: (sample: ModelSample) => number): Share[] {
  return samples
    .map((sample) => ({ model: sample.model, bytes: bytes(sample) }))
    .filter((share) => share.bytes > 0)
    .sort((one, other) => other.bytes - one.bytes);
}
