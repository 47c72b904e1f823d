import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Run = Schemas["Run"];
export type Step = Schemas["Step"];
export const OVER = new Set(["completed", "failed", "terminated"]);
export const LIVE = 1_000; // milliseconds between two looks at what is still going on

export function runsQuery(filters: { status?: string; workflow?: string }, limit = 50) {
  return queryOptions({
    queryKey: ["runs", filters, limit],
    queryFn: () => body(api.GET("/api/v1/runs", { params: { query: { ...filters, limit } as never } })),
    refetchInterval: 5_000,
  });
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: () => body(api.GET("/api/v1/runs/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && OVER.has(query.state.data.status) ? false : LIVE),
  });
}

/** Every step, page after page. */
export function stepsQuery(id: string, live: boolean) {
  return queryOptions({
    queryKey: ["run", id, "steps"],
    queryFn: async () => {
      const steps: Step[] = [];
      let cursor: string | undefined;
      do {
        const page = await body(api.GET("/api/v1/runs/{id}/steps", { params: { path: { id }, query: { limit: 200, cursor } } }));
        steps.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor && steps.length < 5_000);
      return steps;
    },
    refetchInterval: live ? LIVE : false,
  });
}
