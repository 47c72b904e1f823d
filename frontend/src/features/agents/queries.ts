import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { checkQuery as check, type Definition, definitionQuery, definitionsQuery } from "@/api/definitions";

export type Agent = Definition;
export type Figures = Schemas["Figures"];

/** What the chat beside an agent is given; `chat` is a conversation's id, or "new". */
export interface TryProps {
  agent: Agent;
  chat: string;
  at?: string;
  unsaved: boolean;
  go: (change: Record<string, string | undefined>) => void;
}

export const agentsQuery = () => definitionsQuery("agent");
export const agentQuery = (id: string) => definitionQuery("agent", id);
export const checkQuery = (text: string) => check("agent", text);

export function figuresQuery(id: string, days: number) {
  return queryOptions({
    queryKey: ["agent", id, "figures", days],
    queryFn: () => body(api.GET("/api/v1/agents/{id}/figures", { params: { path: { id }, query: { days } } })),
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
