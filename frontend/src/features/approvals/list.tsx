// What waits for a person, and beside it the one that is looked at; on a phone one after the other.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Ago, Effect, Empty, Failure, Head, input, Skeleton, Status } from "@/ui";
import { type Approval, approvalsQuery, inShort } from "./queries";
import { Risk } from "./risk";

export function Approvals() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("places.approvals")} />
      <Inbox />
    </>
  );
}

const FILTERS = ["pending", "approved", "refused", "expired", "cancelled"] as const;

export function Inbox({ chosen }: { chosen?: string }) {
  const { t } = useTranslation();
  const { status = "pending" } = useSearch({ strict: false }) as { status?: string };
  const navigate = useNavigate();
  const found = useQuery(approvalsQuery(status));
  return (
    <section aria-label={t("approvals.list")} className="flex min-w-0 flex-col gap-2">
      <div className="px-4 md:px-6">
        <select
          aria-label={t("approvals.filter")}
          className={`${input} w-auto`}
          value={status}
          onChange={({ target: { value } }) => void navigate({ to: ".", search: { status: value === "pending" ? undefined : value } })}
        >
          {FILTERS.map((name) => (
            <option key={name} value={name}>
              {t(`approvals.statuses.${name}`)}
            </option>
          ))}
        </select>
      </div>
      {found.error && <Failure of={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton />}
      {found.data && (found.data.items.length ? <Rows of={found.data.items} chosen={chosen} status={status} /> : <Nothing status={status} />)}
    </section>
  );
}

function Rows({ of, chosen, status }: { of: Approval[]; chosen?: string; status: string }) {
  const { t } = useTranslation();
  return (
    <ul className="flex flex-col px-4 pb-6 md:px-6">
      {of.map((one) => (
        <li key={one.id} className="border-b">
          <Link
            to="/approvals/$id"
            params={{ id: one.id }}
            search={status === "pending" ? {} : { status }}
            aria-current={one.id === chosen ? "true" : undefined}
            className="flex min-h-14 flex-col justify-center gap-0.5 rounded-md px-2 py-2 hover:bg-hover aria-[current=true]:bg-tint"
          >
            <span className="flex items-center gap-2">
              <span className="min-w-0 flex-1 truncate font-medium">{one.title}</span>
              <Risk value={one.risk} />
            </span>
            <span className="truncate text-sm">{inShort(one.arguments)}</span>
            <span className="flex flex-wrap items-center gap-x-3 text-sm text-muted">
              <span className="truncate">{one.requested_by}</span>
              <Ago at={one.created_at} />
              <Effect value={one.effect} />
              {one.status === "pending" ? one.expires_at && (
                <span>
                  {t("approvals.expires")} <Ago at={one.expires_at} />
                </span>
              ) : (
                <Status value={one.status} />
              )}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Nothing({ status }: { status: string }) {
  const { t } = useTranslation();
  if (status !== "pending") return <Empty title={t("approvals.noneSo")} />;
  return (
    <Empty title={t("approvals.none")}>
      <p>{t("approvals.noneHint")}</p>
      <Link to="/runs" className="text-accent underline">
        {t("approvals.toRuns")}
      </Link>
    </Empty>
  );
}
