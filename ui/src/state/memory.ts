/** `GET /api/performance`, as far as memory goes; sizes are mebibytes. */
export interface Performance {
  sys_stats: { timestamp: string; mem_total_mb: number; mem_used_mb: number }[] | null;
  gpu_stats: { timestamp: string; id: number; name: string; mem_used_mb: number; mem_total_mb: number }[] | null;
}

/** The memory of one device; sizes are bytes. `name` is empty for that of the machine. */
export interface Device {
  id: string;
  name: string;
  used: number;
  total: number;
}

const MEBIBYTE = 1 << 20;

/** The newest sample of each device, GPUs first. */
export function devicesOf(performance: Performance): Device[] {
  const gpus = new Map<string, Device>();
  for (const gpu of performance.gpu_stats ?? []) {
    const id = `gpu ${gpu.id}`;
    gpus.set(id, { id, name: gpu.name, used: gpu.mem_used_mb * MEBIBYTE, total: gpu.mem_total_mb * MEBIBYTE });
  }
  const system = performance.sys_stats?.at(-1);
  const machine = system && {
    id: "machine",
    name: "",
    used: system.mem_used_mb * MEBIBYTE,
    total: system.mem_total_mb * MEBIBYTE,
  };
  return [...gpus.values(), ...(machine ? [machine] : [])].filter((device) => device.total > 0);
}

/** Where to go on from: the time of the newest sample. */
export function newestOf(performance: Performance): string | null {
  const newest = [performance.sys_stats, performance.gpu_stats].map((samples) => samples?.at(-1)?.timestamp ?? "");
  return newest.sort().at(-1) || null;
}
