import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";

/** What an agent's text proposes to begin with. The reader of YAML is loaded only here. */
export function useStarters(agent: string): string[] {
  const found = useQuery({
    queryKey: ["agent", agent, "starters"],
    queryFn: async () => {
      const made = await body(api.GET("/api/v1/agents/{id}", { params: { path: { id: agent } } }));
      const { parse } = await import("yaml");
      const starters = (parse(made.text ?? "") as { starters?: unknown } | null)?.starters;
      return Array.isArray(starters) ? starters.filter((text) => typeof text === "string") : [];
    },
  });
  return found.data ?? [];
}
