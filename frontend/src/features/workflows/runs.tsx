// The last runs of this workflow; one of them opens as a page, or on the canvas.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Ago, Empty, Failure, Skeleton, Status } from "@/ui";
import { runsOfQuery, type Workflow } from "./queries";

export function RunsOf({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation();
  const runs = useQuery(runsOfQuery(workflow.name));
  return (
    <div className="flex h-full flex-col gap-4 overflow-y-auto px-4 py-4 md:px-6">
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data?.items.length === 0 && <Empty title={t("workflows.noRuns")}>{t("workflows.noRunsHint")}</Empty>}
      {runs.data && runs.data.items.length > 0 && (
        <>
          <ul aria-label={t("workflows.view.runs")} className="flex flex-col">
            {runs.data.items.map((run) => (
              <li key={run.id} className="flex items-center border-b hover:bg-hover">
                <Link to="/runs/$id" params={{ id: run.id }} className="flex min-h-11 flex-1 flex-wrap items-center gap-x-4 px-2">
                  <span className="w-36 shrink-0"><Status value={run.status} /></span>
                  {run.workflow?.version && <span className="text-muted">{t("definition.versionNow", { version: run.workflow.version })}</span>}
                  <span className="ms-auto text-sm text-muted"><Ago at={run.created_at} /></span>
                </Link>
                <Link to="/workflows/$id" params={{ id: workflow.id }} search={{ view: "canvas", run: run.id }} className="inline-flex min-h-11 items-center px-2 text-accent underline">{t("workflows.onCanvas")}</Link>
              </li>
            ))}
          </ul>
          <div>
            <Link to="/runs" search={{ workflow: workflow.name }} className="inline-flex min-h-9 items-center text-accent underline">{t("workflows.allRuns")}</Link>
          </div>
        </>
      )}
    </div>
  );
}
