import { queryOptions } from "@tanstack/react-query";
import { api, body } from "@/api/client";

/** Names that an agent's model may have: the routes, and the models that they mean. */
export function modelsQuery() {
  return queryOptions({
    queryKey: ["names", "model"],
    queryFn: async () => {
      const routes = await body(api.GET("/api/v1/models/routes"));
      return [...new Set(["cheap", "fast", "best", "demo/demo", ...Object.values(routes).filter((name) => typeof name === "string")])];
    },
  });
}
