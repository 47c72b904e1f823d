import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

/** Every kind of node, by id. */
export function blocksQuery() {
  return queryOptions({
    queryKey: ["blocks"],
    queryFn: () => body(api.GET("/api/v1/blocks")),
    staleTime: Infinity,
    select: byId,
  });
}

function byId({ items }: Schemas["Blocks"]) {
  return new Map(items.map((block) => [block.id, block]));
}
