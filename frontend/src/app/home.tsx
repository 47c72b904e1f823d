// The first page: ways to begin, what is left to do, what waits, what ran.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { approvalsQuery, inShort } from "@/features/approvals/queries";
import { Offers } from "@/features/models/offers";
import { runsQuery } from "@/features/runs/queries";
import { RunHead, RunLine } from "@/features/runs/table";
import { Ago, Failure, Head, Skeleton } from "@/ui";
import { Cards, Checklist } from "./begin";

export function Home() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("home.title")} />
      <div className="flex flex-col gap-8 px-4 pb-8 md:px-6">
        <Cards />
        <Offers />
        <ForMe />
        <Checklist />
        <Recent />
      </div>
    </>
  );
}

function ForMe() {
  const { t } = useTranslation();
  const waiting = useQuery(approvalsQuery("pending"));
  const items = waiting.data?.items ?? [];
  if (!items.length) return null;
  return (
    <section>
      <h2 className="pb-2 font-semibold">{t("home.waiting")}</h2>
      <ul>
        {items.slice(0, 5).map((one) => (
          <li key={one.id}>
            <Link to="/approvals/$id" params={{ id: one.id }} className="flex h-[36px] items-center gap-4 border-b text-sm hover:bg-hover">
              <span className="shrink-0 font-medium">{one.title}</span>
              <span className="min-w-0 flex-1 truncate text-muted">{inShort(one.arguments)}</span>
              <span className="text-muted">
                <Ago at={one.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {items.length > 5 && (
        <Link to="/approvals" className="inline-block py-2 text-accent underline">
          {t("home.allWaiting", { count: items.length })}
        </Link>
      )}
    </section>
  );
}

function Recent() {
  const { t } = useTranslation();
  const runs = useQuery(runsQuery({}, 8));
  return (
    <section>
      <h2 className="pb-2 font-semibold">{t("home.recent")}</h2>
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data?.items.length === 0 && <p className="text-muted">{t("home.noRuns")}</p>}
      {runs.data && runs.data.items.length > 0 && (
        <>
          <RunHead />
          <ul>
            {runs.data.items.map((run) => (
              <li key={run.id}>
                <RunLine run={run} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
