// A decision in place: the exact arguments, to approve, to change or to refuse.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Effect, Facts, Failure, Field, input, Json, Skeleton, Status } from "@/ui";
import { type Approval, approvalQuery } from "./queries";

export function ApprovalCard({ id, onDecided }: { id: string; onDecided: () => void }) {
  const asked = useQuery(approvalQuery(id));
  const over = asked.data && asked.data.status !== "pending";
  useEffect(() => {
    if (over) onDecided();
  }, [over, onDecided]);
  if (asked.error) return <Failure of={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Skeleton rows={2} />;
  return over ? <Decided asked={asked.data} /> : <Decision key={asked.data.arguments_hash} asked={asked.data} />;
}

function Decided({ asked }: { asked: Approval }) {
  const { t } = useTranslation();
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
      <Status value={asked.status} />
      {asked.decided_by && t("chat.decidedBy", { who: asked.decided_by })}
      {asked.reason && <span className="text-ink">{asked.reason}</span>}
    </p>
  );
}

function Decision({ asked }: { asked: Approval }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const before = JSON.stringify(asked.arguments, null, 2);
  const [text, setText] = useState<string | null>(null); // null until somebody changes the arguments
  const [reason, setReason] = useState("");
  const changed = text !== null && text !== before;
  const wrong = changed && parse(text) === undefined;
  const decide = useMutation({
    mutationFn: (decision: "approve" | "refuse") => {
      const given = decision === "approve" && changed ? { arguments: parse(text)?.value as never } : {};
      const said = { decision, arguments_hash: asked.arguments_hash, reason, ...given };
      return body(api.POST("/api/v1/approvals/{id}/decide", { params: { path: { id: asked.id } }, body: said }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["approval", asked.id] }),
  });
  return (
    <section aria-label={t("chat.approval")} className="flex flex-col gap-3 rounded-lg border border-review/60 bg-panel p-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status value="review" />
        <span className="font-medium wrap-anywhere">{asked.title}</span>
      </p>
      <Facts
        of={[
          [t("chat.effect"), <Effect key="e" value={asked.effect} />],
          [t("chat.risk"), t(`chat.risks.${asked.risk}`)],
          [t("chat.askedBy"), asked.requested_by],
          [t("chat.deciders"), asked.deciders.join(", ")],
          [t("chat.expires"), asked.expires_at && <Ago key="a" at={asked.expires_at} />],
        ]}
      />
      {text === null ? (
        <Json value={asked.arguments} />
      ) : (
        <Field label={t("chat.arguments")} error={wrong ? t("chat.noJson") : undefined}>
          <textarea autoFocus spellCheck={false} rows={Math.min(before.split("\n").length + 1, 16)} className={`${input} font-mono text-sm`} value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      )}
      <Field label={t("chat.reason")}>
        <input className={input} value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
      </Field>
      {decide.error && <Failure of={decide.error} />}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" disabled={decide.isPending || wrong} onClick={() => decide.mutate("approve")}>
          {changed ? t("chat.approveChanged") : t("chat.approve")}
        </Button>
        {text === null && <Button onClick={() => setText(before)}>{t("chat.change")}</Button>}
        <Button kind="danger" disabled={decide.isPending} onClick={() => decide.mutate("refuse")}>
          {t("chat.refuse")}
        </Button>
      </div>
    </section>
  );
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
