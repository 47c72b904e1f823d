// One thing that waits: what, by whom, with which arguments; and the decision, in reach of a thumb.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/me";
import { Ago, Effect, Facts, Failure, Head, Skeleton, Status } from "@/ui";
import { Value } from "@/ui/value";
import { Decide } from "./decide";
import { Inbox } from "./list";
import { type Approval, approvalQuery, useDecide } from "./queries";
import { Risk } from "./risk";

export function ApprovalPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/approvals/$id" });
  const found = useQuery(approvalQuery(id));
  return (
    <>
      <Head title={t("places.approvals")}>
        <Link to="/approvals" className="inline-flex min-h-8 items-center gap-1 text-muted hover:text-ink lg:hidden">
          <ChevronLeft aria-hidden size={16} />
          {t("approvals.back")}
        </Link>
      </Head>
      <div className="lg:grid lg:grid-cols-[minmax(18rem,24rem)_minmax(0,1fr)]">
        <div className="hidden lg:block">
          <Inbox chosen={id} />
        </div>
        <div className="min-w-0">
          {found.error && !found.data && <Failure of={found.error} retry={() => void found.refetch()} />}
          {found.isPending && <Skeleton />}
          {found.data && <Asked key={id} of={found.data} />}
        </div>
      </div>
    </>
  );
}

function Asked({ of }: { of: Approval }) {
  const { t } = useTranslation();
  const mayDecide = useMay("editor");
  const decide = useDecide(of.id);
  const [was] = useState(of.status);
  return (
    <article className="flex max-w-2xl flex-col gap-4 px-4 pb-6 md:px-6">
      <h2 className="text-xl font-semibold wrap-anywhere">{of.title}</h2>
      {was === "pending" && of.status !== "pending" && (
        <p role="status" className="rounded-lg border bg-tint p-3">
          {decide.isSuccess ? t("approvals.decided") : t("approvals.meanwhile")}
        </p>
      )}
      <Facts
        of={[
          [t("approvals.status"), <Status key="s" value={of.status} />],
          [t("approvals.by"), of.requested_by],
          [t("approvals.block"), of.block && <code className="font-mono text-sm">{of.block}</code>],
          [t("approvals.effect"), <Effect key="e" value={of.effect} />],
          [t("approvals.risk"), <Risk key="r" value={of.risk} />],
          [t("approvals.asked"), <Ago key="a" at={of.created_at} />],
          [t("approvals.expires"), of.status === "pending" && of.expires_at && <Ago key="x" at={of.expires_at} />],
          [t("approvals.deciders"), of.deciders.join(", ")],
          [t("approvals.decidedBy"), of.decided_by],
          [t("approvals.reason"), of.reason],
          [
            t("approvals.run"),
            <Link key="run" to="/runs/$id" params={{ id: of.run_id }} search={{ step: of.step }} className="text-accent underline">
              {t("approvals.open")}
            </Link>,
          ],
        ]}
      />
      {of.status === "pending" && mayDecide ? <Decide key={of.arguments_hash} of={of} decide={decide} /> : <Value title={t("approvals.arguments")} value={of.arguments} as="table" />}
    </article>
  );
}
