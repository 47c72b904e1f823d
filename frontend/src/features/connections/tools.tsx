// What a connection can do, by words; what is new or has changed waits here until somebody has seen it.
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Effect, Failure, input, Json, Skeleton } from "@/ui";
import { type Connection, connectionsQuery, type Tool, toolsQuery } from "./queries";

export function Tools({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const found = useInfiniteQuery(toolsQuery(connection.id, useDeferredValue(words)));
  const tools = found.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section aria-label={t("connections.tools")} className="flex flex-col gap-2">
      <h3 className="font-semibold">{t("connections.toolsOf", { count: connection.tools })}</h3>
      <input type="search" aria-label={t("connections.searchTools")} placeholder={t("connections.searchTools")} className={input} value={words} onChange={(event) => setWords(event.target.value)} />
      {found.error && <Failure of={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={4} />}
      {found.data && !tools.length && <p className="text-muted">{t("connections.noTools")}</p>}
      <ul className="flex flex-col">
        {tools.map((tool) => (
          <One key={tool.id} tool={tool} connection={connection.id} />
        ))}
      </ul>
      {found.hasNextPage && <Button onClick={() => void found.fetchNextPage()}>{t("connections.more")}</Button>}
    </section>
  );
}

function One({ tool, connection }: { tool: Tool; connection: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const approve = useMutation({
    mutationFn: () => body(api.POST("/api/v1/connections/{id}/tools/{name}/approve", { params: { path: { id: connection, name: tool.name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionsQuery().queryKey }),
  });
  return (
    <li className="border-b">
      <details className="text-sm">
        <summary className="flex min-h-9 flex-wrap items-center gap-x-3 px-1 py-1.5 hover:bg-hover">
          <span className="min-w-0 flex-1 truncate font-mono">{tool.name}</span>
          {tool.status !== "approved" && <span className="text-review">{t(`connections.is.${tool.status}`)}</span>}
          <Effect value={tool.effect} />
        </summary>
        <div className="flex flex-col gap-2 px-1 pb-3">
          {tool.title && <p className="font-medium">{tool.title}</p>}
          <p className="whitespace-pre-line text-muted wrap-anywhere">{tool.description}</p>
          <Json value={tool.input_schema} />
        </div>
      </details>
      {tool.status !== "approved" && (
        <div className="flex flex-wrap items-center gap-2 pb-2">
          <Button disabled={approve.isPending} onClick={() => approve.mutate()}>
            {t("connections.approve", { name: tool.name })}
          </Button>
          {approve.error && <Failure of={approve.error} />}
        </div>
      )}
    </li>
  );
}
