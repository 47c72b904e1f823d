import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { count, money } from "@/lib/format";
import { Button, Effect, Facts, Status } from "@/ui";
import { Value } from "@/ui/value";
import { tookOf } from "./names";
import type { Run, Step } from "@/api/runs";
import { Settle } from "./settle";

const NONE = [null, undefined];

/** One step: what it is, what it was given and gave, and what can be done about it. */
export function StepPanel({ run, step, mayAct, close, fork }: { run: Run; step: Step; mayAct: boolean; close: () => void; fork: () => void }) {
  const { t } = useTranslation();
  const tokens = step.usage.input_tokens + step.usage.output_tokens;
  const from = step.reused_from;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-2">
        <h2 className="min-w-0 flex-1 truncate font-mono font-semibold">{step.key}</h2>
        {mayAct && (run.workflow || run.agent) && <Button onClick={fork}>{t("runs.forkHere")}</Button>}
        <Button kind="quiet" aria-label={t("runs.close")} onClick={close} className="px-2">
          <X aria-hidden size={16} />
        </Button>
      </div>
      <Facts
        of={[
          [t("runs.status"), <Status key="s" value={step.status} />],
          [t("runs.of"), step.block],
          [t("runs.effect"), step.effect ? <Effect key="e" value={step.effect} /> : ""],
          [t("runs.attempt"), step.attempt > 1 ? String(step.attempt) : ""],
          [t("runs.took"), tookOf(step)],
          [t("runs.tokens"), tokens ? count(tokens) : ""],
          [t("runs.cost"), step.usage.cost_usd ? money(step.usage.cost_usd) : ""],
          [t("runs.simulated"), step.simulated ? t("runs.simulatedHint") : ""],
          [
            t("runs.reused"),
            from && (
              <Link key="r" to="/runs/$id" params={{ id: from.run_id }} search={{ step: from.step ?? step.key }} className="text-accent underline">
                {from.step ?? step.key}
              </Link>
            ),
          ],
          [t("runs.effectKey"), step.effect_key && <code key="k" className="font-mono text-sm">{step.effect_key}</code>],
        ]}
      />
      {step.error && (
        <section className="flex flex-col gap-1 rounded-lg border border-failed/40 bg-panel p-4">
          <h3 className="font-semibold">{t("runs.error")}</h3>
          <p className="wrap-anywhere">{step.error.message}</p>
          {step.error.hint && <p className="text-muted">{step.error.hint}</p>}
          <p className="font-mono text-sm text-muted">{step.error.code}</p>
        </section>
      )}
      {step.status === "unknown" && mayAct && <Settle run={run} step={step} />}
      {step.output_file && <p className="text-muted">{t("runs.large")}</p>}
      {!NONE.includes(step.output as null) && <Value title={t("runs.output")} value={step.output} />}
      {!NONE.includes(step.input as null) && <Value title={t("runs.input")} value={step.input} />}
    </div>
  );
}
