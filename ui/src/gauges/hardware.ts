import type { Hardware } from "../api/generated";
import { bytes } from "../state/format";

/** The machine in a few lines, for a report of a bug: in English, since its reader is anybody. */
export function hardwareText(hardware: Hardware): string {
  const { cpu, memory, operating_system: system, environment, architecture, accelerators } = hardware;
  const counts = [
    cpu.socket_count && `${cpu.socket_count} sockets`,
    cpu.physical_core_count && `${cpu.physical_core_count} cores`,
    cpu.logical_thread_count && `${cpu.logical_thread_count} threads`,
  ];
  const lines = [
    `System: ${joined(" ", system.name ?? system.family, system.version)}, kernel ${system.kernel ?? "unknown"}`,
    `Environment: ${joined(" ", environment.kind, environment.name, environment.version)}`,
    `Processor: ${joined(", ", cpu.model ?? cpu.vendor ?? "unknown", ...counts)} (${architecture.name})`,
    `Memory: ${bytes(memory.capacity_bytes)}`,
    ...accelerators.map(
      ({ index, kind, vendor, model, architecture: built, memory: own, driver, power_limit_watts }) => {
        const size = own.capacity_bytes === null ? null : `${bytes(own.capacity_bytes)} ${own.kind}`;
        const driven = driver && `driver ${joined(" ", driver.name, driver.version)}`;
        const limit = power_limit_watts === null ? null : `${power_limit_watts} W`;
        return `${kind.toUpperCase()} ${index}: ${joined(", ", model ?? vendor ?? "unknown", built, size, driven, limit)}`;
      },
    ),
  ];
  if (!accelerators.length) lines.push("Accelerators: none found");
  return `${lines.join("\n")}\nSeen by ${hardware.capture.detector.name} ${hardware.capture.detector.version}, ${hardware.captured_at}\n`;
}

function joined(by: string, ...parts: (string | number | null | undefined)[]): string {
  return parts.filter(Boolean).join(by);
}
