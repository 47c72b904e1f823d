import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Run = Schemas["Run"];
export type Step = Schemas["Step"];
export const OVER = new Set(["completed", "failed", "terminated"]);
const MOST_STEPS = 5_000;

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

/** `heard`: its events are listened to, so that it need not be asked for so often. */
export function runQuery(id: string, heard = false) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: () => body(api.GET("/api/v1/runs/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && OVER.has(query.state.data.status) ? false : heard ? 10_000 : 1_000),
  });
}

/** Every step, page after page. */
export function stepsQuery(id: string, often: number | false = false) {
  return queryOptions({
    queryKey: ["run", id, "steps"],
    queryFn: async () => {
      const steps: Step[] = [];
      let cursor: string | undefined;
      do {
        const page = await body(api.GET("/api/v1/runs/{id}/steps", { params: { path: { id }, query: { limit: 200, cursor } } }));
        steps.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor && steps.length < MOST_STEPS);
      return steps;
    },
    refetchInterval: often,
  });
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

/** One of the verbs on a run; what is shown of it is asked for again afterwards. */
export function useAct<Given, Answer>(id: string, act: (given: Given) => Promise<Answer>, then?: (answer: Answer) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: then,
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["run", id] }), queries.invalidateQueries({ queryKey: ["runs"] })]),
  });
}

export const verbs = (id: string) => {
  const params = { path: { id } };
  return {
    terminate: (given: Schemas["Terminate"]) => body(api.POST("/api/v1/runs/{id}/terminate", { params, body: given })),
    settle: (given: Schemas["Settle"]) => body(api.POST("/api/v1/runs/{id}/settle", { params, body: given })),
    resume: (given: Schemas["Resume"]) => body(api.POST("/api/v1/runs/{id}/resume", { params, body: given })),
    fork: (given: Schemas["ForkRun"]) => body(api.POST("/api/v1/runs/{id}/fork", { params, body: given })),
  };
};
