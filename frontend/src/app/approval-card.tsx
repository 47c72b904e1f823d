// A decision in the place of the chat where it is waited for.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/me";
import { Decide } from "@/features/approvals/decide";
import { type Approval, approvalQuery, useDecide } from "@/features/approvals/queries";
import { Risk } from "@/features/approvals/risk";
import type { Asking } from "@/features/chat/slots";
import { Ago, Effect, Facts, Failure, Skeleton, Status } from "@/ui";
import { Value } from "@/ui/value";

export function ApprovalCard({ id, onDecided }: Asking) {
  const asked = useQuery(approvalQuery(id));
  const over = asked.data && asked.data.status !== "pending";
  useEffect(() => {
    if (over) onDecided();
  }, [over, onDecided]);
  if (asked.error && !asked.data) return <Failure of={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Skeleton rows={2} />;
  return over ? <Decided of={asked.data} /> : <Waiting of={asked.data} />;
}

function Decided({ of }: { of: Approval }) {
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
      <Status value={of.status} />
      {of.reason && <span className="text-ink wrap-anywhere">{of.reason}</span>}
    </p>
  );
}

function Waiting({ of }: { of: Approval }) {
  const { t } = useTranslation();
  const mayDecide = useMay("editor");
  const decide = useDecide(of.id);
  return (
    <section aria-label={of.title} className="flex flex-col gap-3 rounded-lg border border-review/60 bg-panel p-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status value="review" />
        <Link to="/approvals/$id" params={{ id: of.id }} className="min-w-0 font-medium wrap-anywhere hover:underline">
          {of.title}
        </Link>
      </p>
      <Facts
        of={[
          [t("approvals.by"), of.requested_by],
          [t("approvals.effect"), <Effect key="e" value={of.effect} />],
          [t("approvals.risk"), <Risk key="r" value={of.risk} />],
          [t("approvals.deciders"), of.deciders.join(", ")],
          [t("approvals.expires"), of.expires_at && <Ago key="a" at={of.expires_at} />],
        ]}
      />
      {mayDecide ? <Decide inline key={of.arguments_hash} of={of} decide={decide} /> : <Value title={t("approvals.arguments")} value={of.arguments} />}
    </section>
  );
}
