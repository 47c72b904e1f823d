import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { checkQuery as check, type Definition, definitionQuery, definitionsQuery } from "@/api/definitions";

export type Workflow = Definition;
export type Template = Schemas["Template"];
export type Edge = Schemas["Edge"];

export const workflowsQuery = () => definitionsQuery("workflow");
export const workflowQuery = (id: string) => definitionQuery("workflow", id);
export const checkQuery = (text: string) => check("workflow", text);

export function templatesQuery() {
  return queryOptions({ queryKey: ["templates"], queryFn: () => body(api.GET("/api/v1/templates")), staleTime: Infinity });
}

export function runsOfQuery(name: string) {
  return queryOptions({
    queryKey: ["runs", "of", name],
    queryFn: () => body(api.GET("/api/v1/runs", { params: { query: { workflow: name, limit: 50 } } })),
    refetchInterval: 5_000,
  });
}
