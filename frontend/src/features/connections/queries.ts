import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Connection = Schemas["Connection"];
export type Connector = Schemas["ConnectorEntry"];
export type Tool = Schemas["ConnectionTool"];

export function connectionsQuery() {
  return queryOptions({
    queryKey: ["connections"],
    queryFn: async () => {
      const all: Connection[] = [];
      let cursor: string | undefined;
      do {
        const page = await body(api.GET("/api/v1/connections", { params: { query: { limit: 200, cursor } } }));
        all.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      return all;
    },
  });
}

export function connectorsQuery() {
  return queryOptions({ queryKey: ["connectors"], queryFn: () => body(api.GET("/api/v1/connectors")), staleTime: Number.POSITIVE_INFINITY });
}

export function toolsQuery(id: string, q: string) {
  return infiniteQueryOptions({
    queryKey: ["connections", id, "tools", q],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/connections/{id}/tools", { params: { path: { id }, query: { q, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
