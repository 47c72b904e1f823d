// A run and its steps as every page asks for them, and what can be done to a run.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type Run = Schemas["Run"];
export type Step = Schemas["Step"];
export const OVER = new Set(["completed", "failed", "terminated"]);
const MOST_STEPS = 5_000;

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
