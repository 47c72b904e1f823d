import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "@/api/client";
import type { Run } from "@/api/runs";

export interface Filters {
  status?: string;
  workflow?: string;
  agent?: string;
  since?: string; // a day, or so many back: "7d"
  until?: string; // the last day
}

export function runsQuery(filters: Filters, limit = 50) {
  return queryOptions({
    queryKey: ["runs", filters, limit],
    queryFn: () => body(api.GET("/api/v1/runs", { params: { query: { ...asked(filters), limit } } })),
    refetchInterval: 5_000,
  });
}

/** Page after page, as far as somebody scrolls. */
export function pagesQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ["runs", filters, "pages"],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/runs", { params: { query: { ...asked(filters), limit: 200, cursor: pageParam || undefined } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Of a long list only what is on screen could have changed, and to ask for all of it again would be a burden.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 5_000),
    refetchOnWindowFocus: (query) => (query.state.data?.pages.length ?? 0) <= 1,
  });
}

const DAY = 86_400_000;

/** Filters as the API asks for them; days are those of who looks. */
export function asked({ status, workflow, agent, since, until }: Filters, now = Date.now()) {
  const back = /^(\d+)([dh])$/.exec(since ?? "");
  // Rounded to the minute, so that the same question has the same name while it is asked again.
  const start = back ? Math.floor((now - Number(back[1]) * (back[2] === "d" ? DAY : DAY / 24)) / 60_000) * 60_000 : day(since);
  const end = day(until);
  return {
    status: status as Run["status"] | undefined,
    workflow,
    agent,
    since: start === undefined ? undefined : new Date(start).toISOString(),
    until: end === undefined ? undefined : new Date(end + DAY).toISOString(),
  };
}

function day(text: string | undefined): number | undefined {
  const at = text ? new Date(`${text}T00:00:00`).getTime() : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

export function childrenQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id, "children"],
    queryFn: async () => (await body(api.GET("/api/v1/runs", { params: { query: { parent: id, limit: 200 } } }))).items,
  });
}

export function approvalsOfQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id, "approvals"],
    queryFn: async () => (await body(api.GET("/api/v1/approvals", { params: { query: { run: id, limit: 200 } } }))).items,
  });
}
