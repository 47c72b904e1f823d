import { expect, test } from "vitest";
import { asked } from "./queries";

test("so many days back, or days as they are here", () => {
  const now = Date.parse("2026-11-21T12:00:30Z");
  expect(asked({ since: "7d" }, now).since).toBe("2026-11-14T12:00:00.000Z");
  expect(asked({ since: "24h" }, now).since).toBe("2026-11-20T12:00:00.000Z");
  const { since, until } = asked({ since: "2026-11-01", until: "2026-11-01" }, now);
  expect(Date.parse(until as string) - Date.parse(since as string)).toBe(86_400_000);
  expect(asked({ since: "nonsense" }, now).since).toBeUndefined();
});
