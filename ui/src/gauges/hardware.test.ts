import { expect, test } from "vitest";
import type { Hardware } from "../api/generated";
import { hardwareText } from "./hardware";

const MACHINE: Hardware = {
  schema_version: 1,
  captured_at: "2031-02-05T09:08:07Z",
  capture: { scope: "inference_host", method: "detected", detector: { name: "modelyard", version: "1.2" } },
  architecture: { name: "x86_64", raw_name: null },
  operating_system: { family: "linux", name: "Debian", version: "12", kernel: "6.1", raw_family: "" },
  environment: { kind: "container", name: null, version: null },
  cpu: { vendor: "AMD", model: "EPYC 9", socket_count: null, physical_core_count: 32, logical_thread_count: 64 },
  memory: { capacity_bytes: 137_438_953_472 },
  accelerators: [
    {
      index: 0,
      kind: "gpu",
      vendor: "NVIDIA",
      model: "RTX",
      architecture: null,
      memory: { kind: "dedicated", capacity_bytes: 24_000_000_000 },
      driver: { name: "nvidia", version: "560" },
      power_limit_watts: 450,
    },
  ],
};

test("what is not known is not told", () => {
  expect(hardwareText(MACHINE)).toBe(
    [
      "System: Debian 12, kernel 6.1",
      "Environment: container",
      "Processor: EPYC 9, 32 cores, 64 threads (x86_64)",
      "Memory: 137 GB",
      "GPU 0: RTX, 24.0 GB dedicated, driver nvidia 560, 450 W",
      "Seen by modelyard 1.2, 2031-02-05T09:08:07Z",
      "",
    ].join("\n"),
  );
  expect(hardwareText({ ...MACHINE, accelerators: [] })).toContain("Accelerators: none found");
});
