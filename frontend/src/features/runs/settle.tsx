import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Field, input } from "@/ui";
import { Choice } from "@/ui/choice";
import { JsonField } from "@/ui/json-field";
import { type Run, type Step, useAct, verbs } from "@/api/runs";

type Outcome = "happened" | "not_happened" | "give_up";

/** A person looked whether it happened, and says so. */
export function Settle({ run, step }: { run: Run; step: Step }) {
  const { t } = useTranslation();
  const settle = useAct(run.id, verbs(run.id).settle);
  const [outcome, setOutcome] = useState<Outcome>("happened");
  const [output, setOutput] = useState<unknown>(null);
  const [note, setNote] = useState("");
  return (
    <form
      className="flex flex-col gap-3 rounded-lg border border-unknown/40 bg-panel p-4"
      onSubmit={(event) => {
        event.preventDefault();
        settle.mutate({ step: step.key, outcome, output: (outcome === "happened" ? output : null) as never, note });
      }}
    >
      <h3 className="font-semibold">{t("runs.settle.title")}</h3>
      <p className="text-muted">{t("runs.settle.hint")}</p>
      <Choice
        label={t("runs.settle.title")}
        of={(["happened", "not_happened", "give_up"] as const).map((one) => [one, t(`runs.settle.${one}`)])}
        value={outcome}
        choose={setOutcome}
      />
      {outcome === "happened" && <JsonField label={t("runs.output")} hint={t("runs.settle.output")} start={null} change={setOutput} />}
      <Field label={t("runs.note")}>
        <textarea className={input} rows={2} maxLength={2000} value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
      {settle.error && <Failure of={settle.error} />}
      <div>
        <Button type="submit" kind="primary" disabled={settle.isPending || (outcome === "happened" && output === undefined)}>
          {t("runs.settle.go")}
        </Button>
      </div>
    </form>
  );
}
