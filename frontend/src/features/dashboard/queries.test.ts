import { expect, test } from "vitest";
import { changeOf, type DayTally, everyDay } from "./queries";

test("days without a run are days too", () => {
  const known = [{ day: "2026-11-20", runs: 3 } as DayTally];
  expect(everyDay(known, 3, new Date(2026, 10, 21, 12)).map(({ day, runs }) => [day, runs])).toEqual([
    ["2026-11-19", 0], ["2026-11-20", 3], ["2026-11-21", 0],
  ]);
});

test("a change is told only where there was something before", () => {
  expect([changeOf(15, 10), changeOf(5, 0), changeOf(null, 3)]).toEqual([0.5, null, null]);
});
