// The last runs of this workflow.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Ago, Empty, Failure, Skeleton, Status } from "@/ui";
import { runsOfQuery } from "./queries";

export function RunsOf({ name }: { name: string }) {
  const { t } = useTranslation();
  const runs = useQuery(runsOfQuery(name));
  if (runs.error) return <Failure of={runs.error} retry={() => void runs.refetch()} />;
  if (!runs.data) return <Skeleton />;
  if (!runs.data.items.length) return <Empty title={t("workflows.noRuns")}>{t("workflows.noRunsHint")}</Empty>;
  return (
    <div className="h-full overflow-y-auto px-4 py-4 md:px-6">
      <ul aria-label={t("workflows.view.runs")} className="flex flex-col">
        {runs.data.items.map((run) => (
          <li key={run.id} className="border-b">
            <Link to="/runs/$id" params={{ id: run.id }} className="flex min-h-11 flex-wrap items-center gap-x-4 px-2 hover:bg-hover">
              <span className="w-32"><Status value={run.status} /></span>
              <span className="text-muted">{run.workflow?.version ? t("definition.versionNow", { version: run.workflow.version }) : ""}</span>
              <span className="ms-auto text-sm text-muted"><Ago at={run.created_at} /></span>
            </Link>
          </li>
        ))}
      </ul>
      <Link to="/runs" search={{ workflow: name }} className="inline-flex min-h-9 items-center text-accent underline">{t("workflows.allRuns")}</Link>
    </div>
  );
}
