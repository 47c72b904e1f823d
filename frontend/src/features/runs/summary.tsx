import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { count, money } from "@/lib/format";
import { Ago, Facts, Status } from "@/ui";
import { Value } from "@/ui/value";
import { nameOf, tookOf } from "./names";
import { type Run } from "@/api/runs";
import { approvalsOfQuery, childrenQuery } from "./queries";

/** When, how long, for how much; and the runs and approvals that belong to it. */
export function Summary({ run }: { run: Run }) {
  const { t } = useTranslation();
  const children = useQuery(childrenQuery(run.id));
  const approvals = useQuery(approvalsOfQuery(run.id));
  const tokens = run.usage.input_tokens + run.usage.output_tokens;
  const subject = run.workflow ?? run.agent;
  return (
    <Facts
      of={[
        [t("runs.started"), <Ago key="at" at={run.started_at ?? run.created_at} />],
        [t("runs.took"), tookOf(run)],
        [t("runs.version"), subject && String(subject.version)],
        [t("runs.tokens"), tokens ? count(tokens) : ""],
        [t("runs.cost"), run.usage.cost_usd ? money(run.usage.cost_usd) : ""],
        [t("runs.reason"), run.reason && t(`runs.reasons.${run.reason}` as "runs.reasons.approval", { defaultValue: run.reason })],
        [t("runs.kind"), run.dry_run ? t("runs.dry") : ""],
        [t("runs.parent"), run.parent && <ToRun key="p" id={run.parent.run_id} step={run.parent.step} />],
        [t("runs.origin"), run.origin && <Origin key="o" run={run} />],
        [t("runs.children"), children.data?.length ? <Several key="c">{children.data.map((child) => <ToRun key={child.id} id={child.id} name={nameOf(child)} status={child.status} />)}</Several> : ""],
        [
          t("runs.approvals"),
          approvals.data?.length ? (
            <Several key="a">
              {approvals.data.map((one) => (
                <Link key={one.id} to="/approvals/$id" params={{ id: one.id }} className="inline-flex min-h-7 items-center gap-2">
                  <span className="truncate text-accent underline">{one.title}</span>
                  <Status value={one.status} />
                </Link>
              ))}
            </Several>
          ) : (
            ""
          ),
        ],
      ]}
    />
  );
}

function Several({ children }: { children: React.ReactNode }) {
  return <span className="flex max-h-40 flex-col overflow-y-auto">{children}</span>;
}

function ToRun({ id, step, name, status }: { id: string; step?: string | null; name?: string; status?: string }) {
  return (
    <Link to="/runs/$id" params={{ id }} search={step ? { step } : {}} className="inline-flex min-h-7 items-center gap-2">
      <span className="truncate text-accent underline">{name ?? step ?? id}</span>
      {status && <Status value={status} />}
    </Link>
  );
}

function Origin({ run }: { run: Run }) {
  const { t } = useTranslation();
  const { run_id, step } = run.origin as NonNullable<Run["origin"]>;
  return (
    <span className="flex flex-wrap gap-x-4">
      <ToRun id={run_id} step={step} />
      <Link to="/runs/compare" search={{ a: run_id, b: run.id }} className="inline-flex min-h-7 items-center text-accent underline">
        {t("runs.compare")}
      </Link>
    </span>
  );
}

/** What the run was given and what it came to. */
export function Ends({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      {run.error && (
        <section className="flex flex-col gap-1 rounded-lg border border-failed/40 bg-panel p-4">
          <h2 className="font-semibold">{t("runs.error")}</h2>
          <p className="wrap-anywhere">{run.error.message}</p>
          {run.error.hint && <p className="text-muted">{run.error.hint}</p>}
          {run.error.step && (
            <Link to="/runs/$id" params={{ id: run.id }} search={{ step: run.error.step }} className="text-accent underline">
              {run.error.step}
            </Link>
          )}
        </section>
      )}
      {run.output !== null && run.output !== undefined && <Value title={t("runs.output")} value={run.output} />}
      <Value title={t("runs.input")} value={run.input} />
    </div>
  );
}
