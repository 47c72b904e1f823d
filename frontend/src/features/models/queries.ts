import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";

export type Provider = Schemas["Provider"];
export type ProviderSet = Schemas["ProviderSet"];
export type Kind = Provider["kind"];
export type Route = "default" | "cheap" | "fast" | "best";
export const ROUTES: Route[] = ["default", "cheap", "fast", "best"];
export const KINDS: Kind[] = ["openai", "anthropic", "google", "bedrock"];

export function providersQuery() {
  return queryOptions({ queryKey: ["providers"], queryFn: () => body(api.GET("/api/v1/providers")) });
}

export function routesQuery() {
  return queryOptions({ queryKey: ["model-routes"], queryFn: () => body(api.GET("/api/v1/models/routes")) });
}

/** Which models a provider says it has; asked once, because it goes over the network. */
export function modelsQuery(provider: string) {
  return queryOptions({
    queryKey: ["providers", provider, "models"],
    queryFn: () => body(api.POST("/api/v1/providers/{name}/test", { params: { path: { name: provider } } })),
    staleTime: 300_000,
  });
}
