// One run: its steps on a time axis to the left, to the right the chosen one, or what the run was given and came to.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/me";
import { Failure, Head, Skeleton, Status } from "@/ui";
import { Actions } from "./actions";
import { Fork } from "./fork";
import { useLive } from "@/api/live";
import { nameOf } from "./names";
import { OVER, type Run, runQuery, stepsQuery } from "@/api/runs";
import { StepPanel } from "./step";
import { Ends, Summary } from "./summary";
import { Waterfall } from "./waterfall";

const WIDE = 1280; // pixels from which steps and panel stand side by side

export function RunPage() {
  const { id } = useParams({ from: "/runs/$id" });
  const run = useQuery(runQuery(id));
  if (!run.data) return run.error ? <Failure of={run.error} retry={() => void run.refetch()} /> : <Skeleton />;
  return <Shown key={id} run={run.data} />;
}

function Shown({ run }: { run: Run }) {
  const { t } = useTranslation();
  const search = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const over = OVER.has(run.status);
  const line = useLive(run.id, over);
  useQuery(runQuery(run.id, line === "heard"));
  const steps = useQuery(stepsQuery(run.id, over ? false : line === "heard" ? 10_000 : 1_500));
  const mayAct = useMay("editor");
  const chosen = steps.data?.find((step) => step.key === search.step);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where the panel is below the steps, what was chosen is brought into sight.
    if ((search.step || search.fork) && innerWidth < WIDE) panel.current?.scrollIntoView({ block: "start" });
  }, [search.step, search.fork]);
  const go = (next: Record<string, string | undefined>) => void navigate({ search: next, replace: true });
  return (
    <>
      <Head title={nameOf(run) ?? t("runs.text")}>
        <span role="status">
          <Status value={run.status} />
        </span>
        <Actions run={run} mayAct={mayAct} />
      </Head>
      {line === "lost" && (
        <p role="status" className="mx-4 mb-4 rounded-lg border bg-tint p-3 md:mx-6">
          {t("runs.lost")}
        </p>
      )}
      <div className="flex flex-col gap-6 px-4 pb-8 md:px-6 xl:flex-row">
        <div className="flex min-w-0 flex-1 flex-col gap-6">
          <Summary run={run} />
          <section aria-label={t("runs.steps")}>
            {steps.error && !steps.data && <Failure of={steps.error} />}
            {steps.isPending && <Skeleton />}
            {steps.data && <Waterfall run={run} steps={steps.data} chosen={chosen?.key} choose={(step) => go({ step })} />}
          </section>
        </div>
        <aside ref={panel} className="min-w-0 scroll-mt-14 xl:w-110 xl:shrink-0">
          {search.fork && steps.data ? (
            <Fork key={search.fork} run={run} steps={steps.data} from={search.fork} close={() => go({ step: search.step })} />
          ) : chosen ? (
            <StepPanel key={chosen.key} run={run} step={chosen} mayAct={mayAct} close={() => go({})} fork={() => go({ step: chosen.key, fork: chosen.key })} />
          ) : (
            <Ends run={run} />
          )}
        </aside>
      </div>
    </>
  );
}
