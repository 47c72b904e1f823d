// The text of an agent and a form for its main parts: two views of one draft, checked as it is written.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useDeferredValue, useRef } from "react";
import { useTranslation } from "react-i18next";
import { saveDefinition } from "@/api/definitions";
import { useRested } from "@/lib/rested";
import { Button, Failure, Skeleton } from "@/ui";
import type { CodeHandle } from "@/ui/code";
import { Problems } from "@/ui/problems";
import { read } from "./doc";
import type { useDraft } from "@/lib/draft";
import { AgentForm } from "./form";
import { type Agent, agentQuery, agentsQuery, checkQuery } from "./queries";

const Code = lazy(() => import("@/ui/code"));
type Draft = ReturnType<typeof useDraft>;

export function Write({ agent, draft }: { agent: Agent; draft: Draft }) {
  const { t } = useTranslation();
  const editor = useRef<CodeHandle>(null);
  const text = useDeferredValue(draft.text);
  const parts = read(text)?.parts;
  const check = useQuery(checkQuery(useRested(draft.text)));
  const problems = check.data?.problems ?? [];
  return (
    <div className="flex flex-col gap-4 px-4 py-4 md:px-6">
      <SaveBar agent={agent} draft={draft} ok={check.data?.ok !== false} />
      <div className="grid gap-6 lg:grid-cols-2">
        {parts ? <AgentForm text={draft.text} parts={parts} write={draft.write} /> : <p className="text-muted">{t("agents.unreadable")}</p>}
        <div className="flex min-w-0 flex-col gap-3">
          <div className="h-[60dvh] min-h-80 overflow-hidden rounded-lg border">
            <Suspense fallback={<Skeleton />}>
              <Code handle={editor} label={t("agents.text")} value={draft.text} problems={problems} onChange={draft.write} />
            </Suspense>
          </div>
          <Problems of={problems} jump={({ line }) => editor.current?.jump(line ?? 1)} />
        </div>
      </div>
    </div>
  );
}

function SaveBar({ agent, draft, ok }: { agent: Agent; draft: Draft; ok: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { id } = agent;
  const save = useMutation({
    mutationFn: () => saveDefinition("agent", id, draft.text, draft.base),
    onSuccess: (kept) => {
      queries.setQueryData(agentQuery(id).queryKey, { ...kept, text: kept.text ?? draft.text });
      draft.drop();
      void queries.invalidateQueries({ queryKey: agentsQuery().queryKey });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["agent", id] }),
  });
  const stale = draft.base !== agent.version;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="min-w-0 flex-1 text-muted">
        {t("definition.versionNow", { version: agent.version })}
        {draft.unsaved && ` · ${t("agents.unsaved")}`}
      </span>
      {draft.unsaved && (
        <Button kind="quiet" onClick={draft.drop}>
          {t("agents.drop")}
        </Button>
      )}
      <Button kind="primary" disabled={!draft.unsaved || !ok || save.isPending} onClick={() => save.mutate()}>
        {t("agents.save", { version: agent.version + 1 })}
      </Button>
      {stale && (
        <p role="status" className="flex w-full flex-wrap items-center gap-2 text-review">
          {t("agents.stale", { base: draft.base, version: agent.version })}
          <Button onClick={() => (save.reset(), draft.rebase())}>{t("agents.rebase", { version: agent.version })}</Button>
        </p>
      )}
      {save.error && !stale && <Failure of={save.error} />}
    </div>
  );
}
