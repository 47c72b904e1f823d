import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { duration, money } from "@/lib/format";
import { Ago, Empty, Failure, Head, input, Skeleton, Status } from "@/ui";
import { type Run, runsQuery } from "./queries";

const STATUSES = ["queued", "running", "waiting", "review", "completed", "failed", "terminated"] as const;

export function Runs() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const runs = useQuery(runsQuery({ status: search.status, workflow: search.workflow }, 200));
  return (
    <>
      <Head title={t("runs.title")}>
        <select
          aria-label={t("runs.status")}
          className={`${input} w-auto`}
          value={search.status ?? ""}
          onChange={(event) => void navigate({ search: { ...search, status: event.target.value || undefined } })}
        >
          <option value="">{t("common.all")}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {t(`status.${status}`)}
            </option>
          ))}
        </select>
      </Head>
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data && (runs.data.items.length ? <RunTable runs={runs.data.items} /> : <NoRuns />)}
    </>
  );
}

export function RunTable({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  return (
    <div className="overflow-x-auto px-4 pb-6 md:px-6">
      <table className="w-full text-sm">
        <thead className="text-start text-muted">
          <tr className="h-9 border-b">
            <th scope="col" className="pe-4 text-start font-medium">{t("runs.of")}</th>
            <th scope="col" className="pe-4 text-start font-medium">{t("runs.status")}</th>
            <th scope="col" className="hidden pe-4 text-start font-medium sm:table-cell">{t("runs.started")}</th>
            <th scope="col" className="hidden pe-4 text-end font-medium sm:table-cell">{t("runs.took")}</th>
            <th scope="col" className="hidden text-end font-medium sm:table-cell">{t("runs.cost")}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id} className="h-9 border-b hover:bg-hover">
              <td className="w-full max-w-0 truncate pe-4">
                <Link to="/runs/$id" params={{ id: run.id }} className="block truncate py-2 font-medium hover:underline">
                  {nameOf(run) ?? t("runs.text")}
                </Link>
              </td>
              <td className="pe-4 whitespace-nowrap">
                <Status value={run.status} />
              </td>
              <td className="hidden pe-4 text-muted sm:table-cell">
                <Ago at={run.created_at} />
              </td>
              <td className="hidden pe-4 text-end text-muted sm:table-cell">{tookOf(run)}</td>
              <td className="hidden text-end text-muted sm:table-cell">{run.usage.cost_usd ? money(run.usage.cost_usd) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function nameOf(run: Run): string | undefined {
  return run.workflow?.name || run.agent?.name || undefined;
}

export function tookOf(run: Run): string {
  if (!run.started_at) return "";
  const end = run.ended_at ? new Date(run.ended_at).getTime() : Date.now();
  return duration(Math.max(0, end - new Date(run.started_at).getTime()) / 1000);
}

function NoRuns() {
  const { t } = useTranslation();
  return (
    <Empty title={t("runs.none")}>
      <p>{t("runs.noneHint")}</p>
      <pre className="max-w-full overflow-x-auto rounded-md border bg-panel p-3 text-start font-mono text-sm">
        scripts/troupe run docs/examples/mails/workflow.yaml
      </pre>
    </Empty>
  );
}
