import { expect, test } from "vitest";
import { ago, duration, money } from "./format";

test("money shows what matters and never nothing for something", () => {
  expect([0, 0.0042, 0.00001234, 1.5, 1234.5].map(money)).toEqual(["$0", "$0.0042", "$0.000012", "$1.50", "$1234.50"]);
});

test("durations have the unit that people would say", () => {
  expect([0.35, 1.44, 42, 125, 7260, 400_000].map(duration)).toEqual(["350 ms", "1.4 s", "42 s", "2 min 5 s", "2 h 1 min", "4 d 15 h"]);
});

test("a moment is told from now, before and after", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect(["2026-11-21T11:57:00Z", "2026-11-21T12:00:30Z", "2026-11-14T12:00:00Z"].map((at) => ago(at, now))).toEqual([
    "3 minutes ago", "in 30 seconds", "7 days ago",
  ]);
});
