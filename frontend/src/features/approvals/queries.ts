import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Approval = Schemas["Approval"];
export type Decision = Schemas["Decide"];
const SOON = 3_000; // milliseconds between two looks at what may be decided elsewhere

/** What waits, or what was decided; the newest of them. */
export function approvalsQuery(status?: string) {
  return queryOptions({
    queryKey: ["approvals", status ?? ""],
    queryFn: () => body(api.GET("/api/v1/approvals", { params: { query: { status: status as Approval["status"], limit: 100 } } })),
    refetchInterval: SOON,
  });
}

export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: ["approval", id],
    queryFn: () => body(api.GET("/api/v1/approvals/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && query.state.data.status !== "pending" ? false : SOON),
  });
}

/** The schema of a block's input, where it is a block that has one. */
export function schemaQuery(block: string | null) {
  return queryOptions({
    queryKey: ["block", block],
    enabled: block !== null && !block.startsWith("$"),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => (await body(api.GET("/api/v1/blocks/{id}", { params: { path: { id: block as string } } }))).input_schema,
  });
}

export function useDecide(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (decision: Decision) => body(api.POST("/api/v1/approvals/{id}/decide", { params: { path: { id } }, body: decision })),
    onSettled: () => Promise.all(["approval", "approvals", "run", "runs"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

/** The arguments in a line, by which one is told from another. */
export function inShort(given: unknown): string {
  const parts = typeof given === "object" && given !== null ? Object.values(given) : [given];
  return parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" · ").slice(0, 200);
}
