// Two runs side by side: what they came to, and step by step where they went apart.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { money } from "@/lib/format";
import { Ago, Empty, Facts, Failure, Head, Skeleton, Status } from "@/ui";
import { Choice } from "@/ui/choice";
import { Rows } from "@/ui/rows";
import { Value } from "@/ui/value";
import { nameOf, tookOf } from "./names";
import { type Pair, pairsOf } from "./pairs";
import { type Run, runQuery, type Step, stepsQuery } from "@/api/runs";

export function Compare() {
  const { t } = useTranslation();
  const { a, b } = useSearch({ from: "/runs/compare" });
  return (
    <>
      <Head title={t("runs.compareTitle")} />
      {a && b ? <Both a={a} b={b} /> : (
        <Empty title={t("runs.compareNone")}>
          <Link to="/runs" className="text-accent underline">{t("runs.compareHint")}</Link>
        </Empty>
      )}
    </>
  );
}

function Both({ a, b }: { a: string; b: string }) {
  const runs = [useQuery(runQuery(a)), useQuery(runQuery(b))] as const;
  const steps = [useQuery(stepsQuery(a)), useQuery(stepsQuery(b))] as const;
  const wrong = [...runs, ...steps].find((one) => one.error && !one.data)?.error;
  if (wrong) return <Failure of={wrong} />;
  const [left, right] = [runs[0].data, runs[1].data];
  if (!left || !right || !steps[0].data || !steps[1].data) return <Skeleton />;
  return (
    <div className="flex flex-col gap-6 px-4 pb-8 md:px-6">
      <div className="grid gap-6 sm:grid-cols-2">
        <Side run={left} mark="A" />
        <Side run={right} mark="B" />
      </div>
      <Apart a={steps[0].data} b={steps[1].data} />
      <div className="grid gap-6 md:grid-cols-2">
        <Value title="A" value={left.output ?? left.error} />
        <Value title="B" value={right.output ?? right.error} />
      </div>
    </div>
  );
}

function Side({ run, mark }: { run: Run; mark: string }) {
  const { t } = useTranslation();
  return (
    <section aria-label={mark} className="flex min-w-0 flex-col gap-2 rounded-lg border bg-panel p-4">
      <h2 className="flex gap-2 font-semibold">
        <span className="text-muted">{mark}</span>
        <Link to="/runs/$id" params={{ id: run.id }} className="truncate text-accent underline">{nameOf(run) ?? t("runs.text")}</Link>
      </h2>
      <Facts
        of={[
          [t("runs.status"), <Status key="s" value={run.status} />],
          [t("runs.started"), <Ago key="a" at={run.started_at ?? run.created_at} />],
          [t("runs.version"), String((run.workflow ?? run.agent)?.version ?? "")],
          [t("runs.took"), tookOf(run)],
          [t("runs.cost"), run.usage.cost_usd ? money(run.usage.cost_usd) : ""],
        ]}
      />
    </section>
  );
}

function Apart({ a, b }: { a: Step[]; b: Step[] }) {
  const { t } = useTranslation();
  const { show = "apart", step, ...search } = useSearch({ from: "/runs/compare" });
  const navigate = useNavigate({ from: "/runs/compare" });
  const pairs = useMemo(() => pairsOf(a, b), [a, b]);
  const shown = show === "all" ? pairs : pairs.filter(({ apart }) => apart);
  const chosen = pairs.find(({ key }) => key === step);
  const go = (next: Record<string, string | undefined>) => void navigate({ search: { ...search, show, ...next }, replace: true });
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">{t("runs.steps")}</h2>
        <Choice label={t("runs.steps")} of={[["apart", t("runs.apart")], ["all", t("common.all")]]} value={show as "all"} choose={(next) => go({ show: next })} />
      </div>
      {shown.length === 0 && <p className="text-muted">{t("runs.same")}</p>}
      <Rows label={t("runs.steps")} count={shown.length} draw={(i) => <Line pair={shown[i] as Pair} chosen={step} choose={(key) => go({ step: key === step ? undefined : key })} />} />
      {chosen && (
        <div className="grid gap-6 md:grid-cols-2">
          <Value title={`A ${chosen.key}`} value={chosen.a?.output ?? chosen.a?.error ?? null} />
          <Value title={`B ${chosen.key}`} value={chosen.b?.output ?? chosen.b?.error ?? null} />
        </div>
      )}
    </section>
  );
}

function Line({ pair, chosen, choose }: { pair: Pair; chosen?: string; choose: (key: string) => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      aria-pressed={chosen === pair.key}
      onClick={() => choose(pair.key)}
      className="grid h-[36px] w-full grid-cols-[minmax(0,1fr)_auto_auto] items-center gap-3 border-b px-1 text-start text-sm hover:bg-hover aria-pressed:bg-tint sm:grid-cols-[minmax(0,1fr)_12rem_12rem_8rem]"
    >
      <span className="truncate font-mono">{pair.key}</span>
      {[pair.a, pair.b].map((step, i) => (
        <span key={i} className="flex items-center gap-3">
          {step ? <Status value={step.status} /> : <span className="text-muted">{t("runs.absent")}</span>}
          <span className="hidden text-muted sm:inline">{step && tookOf(step)}</span>
        </span>
      ))}
      <span className="hidden text-end text-muted sm:block">{pair.apart && t(`runs.aparts.${pair.apart}`)}</span>
    </button>
  );
}
