// What a workflow's page needs first, all at once: it is on its way while somebody still points at the link.
import type { QueryClient } from "@tanstack/react-query";
import { blocksQuery } from "@/api/blocks";
import { checkQuery, workflowQuery } from "./queries";

export const canvasView = () => import("./canvas/view");
const canvas = () => import("./canvas/canvas");

/** `opens`: it is opened, and not only pointed at. */
export function ahead(queries: QueryClient, id: string, view: string | undefined, opens: boolean): void {
  void queries.prefetchQuery(blocksQuery());
  if (!view || view === "canvas") void Promise.all([canvasView(), canvas()]);
  if (id === "new") return;
  const kept = queries.ensureQueryData(workflowQuery(id));
  if (opens) void kept.then(({ text }) => queries.prefetchQuery(checkQuery(text ?? "")), () => {}); // the page says what is wrong
  else kept.catch(() => {});
}
