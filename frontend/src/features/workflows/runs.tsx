// The last runs of this workflow, and another one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { useMay } from "@/api/me";
import { Ago, Button, Empty, Failure, Skeleton, Status } from "@/ui";
import { type Schema, SchemaFields, type Values, valuesOf } from "@/ui/schema-form";
import { runsOfQuery, type Workflow } from "./queries";
import { useStudio } from "./state";

export function RunsOf({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation();
  const { unsaved } = useStudio();
  const runs = useQuery(runsOfQuery(workflow.name));
  const may = useMay("editor");
  return (
    <div className="flex h-full flex-col gap-4 overflow-y-auto px-4 py-4 md:px-6">
      {unsaved && <p role="status" className="text-sm text-review">{t("workflows.runsSaved", { version: workflow.version })}</p>}
      {may && <Start key={workflow.version} workflow={workflow} />}
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data?.items.length === 0 && <Empty title={t("workflows.noRuns")}>{t("workflows.noRunsHint")}</Empty>}
      {runs.data && runs.data.items.length > 0 && (
        <>
          <ul aria-label={t("workflows.view.runs")} className="flex flex-col">
            {runs.data.items.map((run) => (
              <li key={run.id} className="border-b">
                <Link to="/runs/$id" params={{ id: run.id }} className="flex min-h-11 flex-wrap items-center gap-x-4 px-2 hover:bg-hover">
                  <span className="w-32"><Status value={run.status} /></span>
                  {run.workflow?.version && <span className="text-muted">{t("definition.versionNow", { version: run.workflow.version })}</span>}
                  <span className="ms-auto text-sm text-muted"><Ago at={run.created_at} /></span>
                </Link>
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

function Start({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const schema = workflow.input_schema as Schema;
  const [values, setValues] = useState<Values>({});
  const start = useMutation({
    mutationFn: () => body(api.POST("/api/v1/runs", { body: { workflow: `${workflow.id}@${workflow.version}`, input: valuesOf(schema, values), dry_run: false, outputs: {} } as never })),
    onSuccess: ({ id }) => (void queries.invalidateQueries({ queryKey: ["runs"] }), navigate({ to: "/runs/$id", params: { id } })),
  });
  return (
    <form className="flex max-w-xl flex-col gap-3 rounded-lg border bg-panel p-3" onSubmit={(event) => (event.preventDefault(), start.mutate())}>
      <SchemaFields schema={schema} values={values} onChange={setValues} />
      <div>
        <Button type="submit" kind="primary" disabled={start.isPending}>
          <Play aria-hidden size={15} />
          {t("workflows.run", { version: workflow.version })}
        </Button>
      </div>
      {start.error && <Failure of={start.error} />}
    </form>
  );
}
