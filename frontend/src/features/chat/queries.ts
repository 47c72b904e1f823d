// What is asked of the API about conversations; one key a thing.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, problemOf, type Schemas } from "@/api/client";

export type Conversation = Schemas["Conversation"];
export type Message = Schemas["Message"];
export type Answer = Message["answer"];
export type Turn = Schemas["Turn"];
export type Call = Schemas["Call"];
export type Kept = Schemas["File"];
export type Busy = "queue" | "interrupt";

export const isOpen = ({ status }: Message) => status === "running" || status === "queued";

export function conversationsQuery(agent?: string) {
  return infiniteQueryOptions({
    queryKey: ["conversations", agent ?? ""],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/conversations", { params: { query: { agent, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id],
    queryFn: () => body(api.GET("/api/v1/conversations/{id}", { params: { path: { id } } })),
  });
}

/** Every message, page after page, each with its answer so far. */
export function messagesQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id, "messages"],
    queryFn: async () => {
      const messages: Message[] = [];
      let cursor: number | undefined;
      do {
        const query = { limit: 200, cursor };
        const page = await body(api.GET("/api/v1/conversations/{id}/messages", { params: { path: { id }, query } }));
        messages.push(...page.items);
        cursor = page.next_cursor ? Number(page.next_cursor) : undefined;
      } while (cursor);
      return messages;
    },
    refetchInterval: ({ state }) => (state.data?.some(isOpen) ? 3_000 : false),
  });
}

export function agentsQuery() {
  return queryOptions({
    queryKey: ["agents"],
    queryFn: () => body(api.GET("/api/v1/agents", { params: { query: { limit: 200 } } })),
  });
}

export async function upload(file: File): Promise<Kept> {
  const form = new FormData();
  form.append("file", file, file.name || "pasted");
  const response = await fetch("/api/v1/files", { method: "POST", body: form });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}
