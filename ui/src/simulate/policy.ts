/** A policy as it is put together on the page. What is null is as the configuration has it. */
export interface Policy {
  /** Whether requests are served strictly in the order in which they come; nothing else matters then. */
  strict: boolean;
  maxWait: number | null;
  minResidency: number | null;
  fairness: "none" | "caller" | null;
  economics: "on" | "off" | null;
  planner: "alone" | null;
}

export const CONFIGURED: Policy = {
  strict: false,
  maxWait: null,
  minResidency: null,
  fairness: null,
  economics: null,
  planner: null,
};
const KEYS = ["maxWait", "minResidency", "fairness", "economics", "planner"] as const;

/** As `modelyard simulate --compare` names it: `fifo+maxWait=30`. */
export function nameOf(policy: Policy): string {
  if (policy.strict) return "plain-fifo";
  const switches = KEYS.filter((key) => policy[key] !== null).map((key) => `+${key}=${String(policy[key])}`);
  return `fifo${switches.join("")}`;
}

/** How much better or worse a figure is than another, as a share of that; null where that can't be said. */
export function change(before: number, after: number): number | null {
  if (before === after) return 0;
  return before === 0 ? null : (after - before) / before;
}

/** Where an axis is marked: some five round times up to the end (seconds). */
export function ticks(end: number, most = 6): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
  const step = steps.find((one) => end / one < most) ?? Math.ceil(end / most / 86_400) * 86_400;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}
