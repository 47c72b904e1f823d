// One run: its steps on a time axis to the left, the chosen one to the right.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { count, duration, money } from "@/lib/format";
import { Ago, Effect, Facts, Failure, Head, Json, Skeleton, Status } from "@/ui";
import { nameOf, tookOf } from "./list";
import { OVER, type Run, runQuery, type Step, stepsQuery } from "./queries";

export function RunPage() {
  const { id } = useParams({ from: "/runs/$id" });
  const run = useQuery(runQuery(id));
  if (run.error) return <Failure of={run.error} retry={() => void run.refetch()} />;
  if (!run.data) return <Skeleton />;
  return <Shown run={run.data} />;
}

function Shown({ run }: { run: Run }) {
  const { t } = useTranslation();
  const search = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const steps = useQuery(stepsQuery(run.id, !OVER.has(run.status)));
  const chosen = steps.data?.find((step) => step.key === search.step);
  return (
    <>
      <Head title={nameOf(run) ?? t("runs.text")}>
        <Status value={run.status} />
      </Head>
      <div className="flex flex-col gap-6 px-4 pb-8 md:px-6 xl:flex-row">
        <div className="flex min-w-0 flex-1 flex-col gap-6">
          <Summary run={run} />
          <section aria-label={t("runs.steps")}>
            <h2 className="pb-2 font-semibold">{t("runs.steps")}</h2>
            {steps.error && <Failure of={steps.error} />}
            {steps.data && (
              <Waterfall
                run={run}
                steps={steps.data}
                chosen={chosen?.key}
                choose={(step) => void navigate({ search: { ...search, step }, replace: true })}
              />
            )}
          </section>
        </div>
        <aside className="xl:w-100 xl:shrink-0">{chosen ? <StepPanel step={chosen} /> : <Ends run={run} />}</aside>
      </div>
    </>
  );
}

function Summary({ run }: { run: Run }) {
  const { t } = useTranslation();
  const tokens = run.usage.input_tokens + run.usage.output_tokens;
  return (
    <Facts
      of={[
        [t("runs.started"), <Ago key="at" at={run.started_at ?? run.created_at} />],
        [t("runs.took"), tookOf(run)],
        [t("runs.tokens"), tokens ? count(tokens) : ""],
        [t("runs.cost"), run.usage.cost_usd ? money(run.usage.cost_usd) : ""],
      ]}
    />
  );
}

/** What the run was given and what it came to. */
function Ends({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      {run.error && (
        <section className="flex flex-col gap-1 rounded-lg border border-failed/40 bg-panel p-4">
          <h2 className="font-semibold">{t("runs.error")}</h2>
          <p>{run.error.message}</p>
          {run.error.hint && <p className="text-muted">{run.error.hint}</p>}
        </section>
      )}
      {run.output !== null && run.output !== undefined && <Value title={t("runs.output")} value={run.output} />}
      <Value title={t("runs.input")} value={run.input} />
    </div>
  );
}

function Value({ title, value }: { title: string; value: unknown }) {
  return (
    <section className="flex flex-col gap-1">
      <h2 className="font-semibold">{title}</h2>
      <Json value={value} />
    </section>
  );
}

const BARS: Record<string, string> = { done: "bg-done", failed: "bg-failed", running: "bg-running", waiting: "bg-review", unknown: "bg-unknown" };

function Waterfall({ run, steps, chosen, choose }: { run: Run; steps: Step[]; chosen?: string; choose: (key: string) => void }) {
  const { t } = useTranslation();
  if (!steps.length) return <p className="text-muted">{t("runs.noSteps")}</p>;
  const start = new Date(run.started_at ?? run.created_at).getTime();
  const end = run.ended_at ? new Date(run.ended_at).getTime() : Date.now();
  const whole = Math.max(end - start, 1);
  const sorted = [...steps].sort((a, b) => time(a.started_at, end) - time(b.started_at, end));
  return (
    <ol className="flex flex-col">
      {sorted.map((step) => {
        const from = Math.min(Math.max((time(step.started_at, end) - start) / whole, 0), 1);
        const till = Math.min(Math.max((time(step.ended_at, end) - start) / whole, from), 1);
        return (
          <li key={step.key}>
            <button
              type="button"
              aria-pressed={chosen === step.key}
              onClick={() => choose(step.key)}
              className="grid min-h-9 w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-3 border-b px-1 text-start text-sm hover:bg-hover aria-pressed:bg-tint sm:grid-cols-[minmax(0,14rem)_8rem_minmax(0,1fr)_4rem]"
            >
              <span className="truncate font-mono">{step.key}</span>
              <Status value={step.status} />
              <span aria-hidden className="relative hidden h-2 rounded-full bg-hover sm:block">
                <span
                  className={`absolute inset-y-0 min-w-1 rounded-full ${BARS[step.status] ?? "bg-skipped"}`}
                  style={{ insetInlineStart: `${from * 99}%`, width: `${Math.max((till - from) * 100, 0.5)}%` }}
                />
              </span>
              <span className="hidden text-end text-muted sm:block">{tookStep(step)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function StepPanel({ step }: { step: Step }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      <h2 className="truncate font-mono font-semibold">{step.key}</h2>
      <Facts
        of={[
          [t("runs.status"), <Status key="s" value={step.status} />],
          [t("runs.of"), step.block],
          [t("runs.effect"), step.effect ? <Effect key="e" value={step.effect} /> : ""],
          [t("runs.attempt"), step.attempt > 1 ? String(step.attempt) : ""],
          [t("runs.took"), tookStep(step)],
          [t("runs.cost"), step.usage.cost_usd ? money(step.usage.cost_usd) : ""],
        ]}
      />
      {step.error && <Failure of={new Error(String((step.error as { message?: string }).message ?? ""))} />}
      {step.output !== null && step.output !== undefined && <Value title={t("runs.output")} value={step.output} />}
      {step.input !== null && step.input !== undefined && <Value title={t("runs.input")} value={step.input} />}
    </div>
  );
}

function time(at: string | null | undefined, otherwise: number): number {
  return at ? new Date(at).getTime() : otherwise;
}

function tookStep(step: Step): string {
  if (!step.started_at || !step.ended_at) return "";
  return duration((new Date(step.ended_at).getTime() - new Date(step.started_at).getTime()) / 1000);
}
