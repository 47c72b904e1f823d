import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Tally = Schemas["Tally"];
export type DayTally = Schemas["DayTally"];
export type SubjectTally = Schemas["SubjectTally"];
export const DAYS = ["1", "7", "30", "90"] as const;
const DAY = 86_400_000;

/** The days up to today, as they are here; `before` counts how many such times ago. */
export function figuresQuery(days: number, before = 0) {
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  start.setDate(start.getDate() + 1 - days * (before + 1));
  const end = new Date(start);
  end.setDate(end.getDate() + days);
  const query = { since: start.toISOString(), until: end.toISOString(), offset: -start.getTimezoneOffset() };
  return queryOptions({
    queryKey: ["figures", query],
    queryFn: () => body(api.GET("/api/v1/figures", { params: { query } })),
    refetchInterval: before ? false : 15_000,
  });
}

/** Every day of a time, those without a run too. */
export function everyDay(days: DayTally[], count: number, now = new Date()): DayTally[] {
  const known = new Map(days.map((one) => [one.day, one]));
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(now.getTime() - (count - 1 - i) * DAY);
    const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    return known.get(day) ?? { day, runs: 0, failed: 0, p50: null, p95: null, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
  });
}

/** By which part of what it was before something has changed; null where there was nothing before. */
export function changeOf(now: number | null | undefined, before: number | null | undefined): number | null {
  return now === null || now === undefined || !before ? null : now / before - 1;
}
