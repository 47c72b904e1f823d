// The text of an agent and a form for its main parts: two views of one draft, checked as it is written.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Failure, Skeleton } from "@/ui";
import type { CodeHandle } from "@/ui/code";
import { read } from "./doc";
import type { useDraft } from "./draft";
import { AgentForm } from "./form";
import { type Agent, agentQuery, agentsQuery, checkQuery, type Problem } from "./queries";

const Code = lazy(() => import("@/ui/code"));
const REST = 300; // milliseconds without a key before the text is checked

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
          <Problems of={problems} jump={(line) => editor.current?.jump(line)} />
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
    mutationFn: () => body(api.PUT("/api/v1/agents/{id}", { params: { path: { id } }, body: { text: draft.text, base_version: draft.base } })),
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
        {t("agents.versionNow", { version: agent.version })}
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

function Problems({ of, jump }: { of: Problem[]; jump: (line: number) => void }) {
  const { t } = useTranslation();
  if (!of.length) {
    return (
      <p role="status" className="flex items-center gap-1.5 text-sm text-done">
        <CircleCheck aria-hidden size={15} />
        {t("agents.noProblems")}
      </p>
    );
  }
  return (
    <ul aria-label={t("agents.problems")} className="flex flex-col gap-1 text-sm">
      {of.map((one) => (
        <li key={`${one.path}${one.line}${one.code}${one.message}`}>
          <button type="button" onClick={() => jump(one.line ?? 1)} className="flex min-h-8 w-full items-start gap-1.5 rounded-md px-1 py-1.5 text-start hover:bg-hover">
            <CircleX aria-hidden size={15} className="mt-0.5 shrink-0 text-failed" />
            <span className="min-w-0 wrap-anywhere">
              {one.line && <span className="text-muted">{t("agents.line", { line: one.line })} </span>}
              {one.message} <span className="text-muted">{one.hint}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The text as it was when nobody had written for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
