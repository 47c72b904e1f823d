import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Agent = Schemas["Definition"];
export type Problem = Schemas["Problem"];
export type Figures = Schemas["Figures"];

/** What the chat beside an agent is given; `chat` is a conversation's id, or "new". */
export interface TryProps {
  agent: Agent;
  chat: string;
  at?: string;
  unsaved: boolean;
  go: (change: Record<string, string | undefined>) => void;
}

export function agentsQuery() {
  return queryOptions({ queryKey: ["agents"], queryFn: () => body(api.GET("/api/v1/agents", { params: { query: { limit: 200 } } })) });
}

export function agentQuery(id: string) {
  return queryOptions({ queryKey: ["agent", id], queryFn: () => body(api.GET("/api/v1/agents/{id}", { params: { path: { id } } })) });
}

export function versionsQuery(id: string) {
  return queryOptions({
    queryKey: ["agent", id, "versions"],
    queryFn: () => body(api.GET("/api/v1/agents/{id}/versions", { params: { path: { id }, query: { limit: 200 } } })),
  });
}

export function diffQuery(id: string, from: number, to: number) {
  return queryOptions({
    queryKey: ["agent", id, "diff", from, to],
    queryFn: () => body(api.GET("/api/v1/agents/{id}/diff", { params: { path: { id }, query: { from, to } } })),
    enabled: from >= 1 && from !== to,
  });
}

export function figuresQuery(id: string, days: number) {
  return queryOptions({
    queryKey: ["agent", id, "figures", days],
    queryFn: () => body(api.GET("/api/v1/agents/{id}/figures", { params: { path: { id }, query: { days } } })),
  });
}

export function checkQuery(text: string) {
  return queryOptions({
    queryKey: ["agents", "check", text],
    queryFn: ({ signal }) => body(api.POST("/api/v1/agents/check", { body: { text }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

/** Names that a tool may have, by its kind. */
export function namesQuery(kind: string) {
  return queryOptions({
    queryKey: ["names", kind],
    queryFn: async (): Promise<string[]> => {
      const params = { query: { limit: 200 } };
      if (kind === "block") return (await body(api.GET("/api/v1/blocks"))).items.map(({ id }) => id);
      if (kind === "workflow") return (await body(api.GET("/api/v1/workflows", { params }))).items.map(({ name }) => name);
      if (kind === "agent") return (await body(api.GET("/api/v1/agents", { params }))).items.map(({ name }) => name);
      return (await body(api.GET("/api/v1/connections", { params }))).items.map(({ name }) => name);
    },
  });
}
