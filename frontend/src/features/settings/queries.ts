import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Token = Schemas["Token"];
export type Budget = Schemas["Budget"];
export type Member = Schemas["Member"];
export type Role = Token["role"];
export const ROLES: Role[] = ["viewer", "editor", "admin", "owner"];
const most = { params: { query: { limit: 200 } } };

export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: () => body(api.GET("/api/v1/tokens", most)) });
export const budgetsQuery = queryOptions({ queryKey: ["budgets"], queryFn: () => body(api.GET("/api/v1/budgets")) });
export const membersQuery = queryOptions({ queryKey: ["members"], queryFn: () => body(api.GET("/api/v1/members", most)) });

/** What a budget can be of: `[scope, name]`. */
export const subjectsQuery = queryOptions({
  queryKey: ["budgets", "subjects"],
  queryFn: async (): Promise<[string, string][]> => {
    const [workflows, agents] = await Promise.all([body(api.GET("/api/v1/workflows", most)), body(api.GET("/api/v1/agents", most))]);
    return [
      ...workflows.items.map(({ id, name }): [string, string] => [`workflow:${id}`, name]),
      ...agents.items.map(({ id, name }): [string, string] => [`agent:${id}`, name]),
    ];
  },
});

/** A Troupe that is not well says so with its answer, so that it is no error here. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: async () => (await (await fetch("/api/v1/health")).json()) as Schemas["Health"],
  refetchInterval: 10_000,
});

/** Do something, then ask again for what it changed. */
export function useChange<Given, Answer>(key: string, change: (given: Given) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: [key] }) });
}
