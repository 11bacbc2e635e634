import { expect, test } from "vitest";
import { change, CONFIGURED, nameOf, ticks } from "./policy";

test("a policy is named as the command line names it", () => {
  expect(nameOf(CONFIGURED)).toBe("fifo");
  expect(nameOf({ ...CONFIGURED, maxWait: 0, economics: "on", planner: "alone" })).toBe(
    "fifo+maxWait=0+economics=on+planner=alone",
  );
  expect(nameOf({ ...CONFIGURED, strict: true, maxWait: 30 })).toBe("plain-fifo");
});

test("a change is a share of what was", () => {
  expect([change(10, 5), change(10, 15), change(0, 0), change(0, 3)]).toEqual([-0.5, 0.5, 0, null]);
});

test("an axis has a few round marks", () => {
  expect(ticks(11)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(600)).toEqual([0, 120, 240, 360, 480, 600].slice(0, ticks(600).length));
  expect(ticks(0.4)).toEqual([0]);
  for (const end of [1, 59, 61, 3599, 86_400, 1e6, 1e7]) expect(ticks(end).length).toBeLessThanOrEqual(7);
});
