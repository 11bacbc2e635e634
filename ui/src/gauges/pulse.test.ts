import { expect, test } from "vitest";
import { Pulse } from "./pulse";

test("an hour is kept, and no more, in a tab that stays open for a day", () => {
  const pulse = new Pulse();
  for (let second = 0; second < 86_400; second += 5) {
    pulse.beat({ timestamp: new Date(second * 1000).toISOString(), working: second, waiting: 0 });
  }
  expect(pulse.all()).toHaveLength(721);
  expect(pulse.all()[0]?.working).toBe(86_395 - 3600);
});
