// Workflows and agents are kept by the same routes: versions, what differs between them, names that stand for one.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type Kind = "agent" | "workflow";
export type Definition = Schemas["Definition"];
export type Problem = Schemas["Problem"];

export function definitionsQuery(kind: Kind) {
  const params = { query: { limit: 200 } };
  return queryOptions({
    queryKey: [`${kind}s`],
    queryFn: () => body(kind === "agent" ? api.GET("/api/v1/agents", { params }) : api.GET("/api/v1/workflows", { params })),
  });
}

export function definitionQuery(kind: Kind, id: string) {
  const params = { path: { id } };
  return queryOptions({
    queryKey: [kind, id],
    queryFn: () => body(kind === "agent" ? api.GET("/api/v1/agents/{id}", { params }) : api.GET("/api/v1/workflows/{id}", { params })),
  });
}

export function versionsQuery(kind: Kind, id: string) {
  const params = { path: { id }, query: { limit: 200 } };
  return queryOptions({
    queryKey: [kind, id, "versions"],
    queryFn: () => body(kind === "agent" ? api.GET("/api/v1/agents/{id}/versions", { params }) : api.GET("/api/v1/workflows/{id}/versions", { params })),
  });
}

export function versionQuery(kind: Kind, id: string, number: number) {
  const params = { path: { id, number } };
  return queryOptions({
    queryKey: [kind, id, "version", number],
    queryFn: () => body(kind === "agent" ? api.GET("/api/v1/agents/{id}/versions/{number}", { params }) : api.GET("/api/v1/workflows/{id}/versions/{number}", { params })),
    staleTime: Infinity,
    enabled: number >= 1,
  });
}

export function diffQuery(kind: Kind, id: string, from: number, to: number) {
  const params = { path: { id }, query: { from, to } };
  return queryOptions({
    queryKey: [kind, id, "diff", from, to],
    queryFn: () => body(kind === "agent" ? api.GET("/api/v1/agents/{id}/diff", { params }) : api.GET("/api/v1/workflows/{id}/diff", { params })),
    enabled: from >= 1 && from !== to,
  });
}

export function checkQuery(kind: Kind, text: string) {
  const given = { body: { text } };
  return queryOptions({
    queryKey: [`${kind}s`, "check", text],
    queryFn: ({ signal }) => body(kind === "agent" ? api.POST("/api/v1/agents/check", { ...given, signal }) : api.POST("/api/v1/workflows/check", { ...given, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

/** Keep the next version. A `base` that is not the newest is refused with 409. */
export function saveDefinition(kind: Kind, id: string, text: string, base: number) {
  const given = { params: { path: { id } }, body: { text, base_version: base } };
  return body(kind === "agent" ? api.PUT("/api/v1/agents/{id}", given) : api.PUT("/api/v1/workflows/{id}", given));
}

export function moveAlias(kind: Kind, id: string, alias: string, version: number) {
  const given = { params: { path: { id, alias } }, body: { version } };
  return body(kind === "agent" ? api.PUT("/api/v1/agents/{id}/aliases/{alias}", given) : api.PUT("/api/v1/workflows/{id}/aliases/{alias}", given));
}
