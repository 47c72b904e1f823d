// Start again at a step: with the input changed, with an output given instead of having the step done, on another version.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Field, input } from "@/ui";
import { Choice } from "@/ui/choice";
import { JsonField } from "@/ui/json-field";
import { type Run, type Step, useAct, verbs } from "@/api/runs";

const SURE = new Set(["once", "idempotent"]); // effects that are not repeated unless somebody says so

/** `then` hears of the new run; without it the page of the new run is opened. */
export function Fork({ run, steps, from, close, then }: { run: Run; steps: Step[]; from: string; close: () => void; then?: (run: Run) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const subject = run.workflow ?? run.agent;
  const step = steps.find(({ key }) => key === from);
  const [way, setWay] = useState<"again" | "output">("again");
  const [given, setGiven] = useState<unknown>(run.input);
  const [output, setOutput] = useState<unknown>(step?.output ?? null);
  const [version, setVersion] = useState(subject?.version ?? 1);
  const [repeated, setRepeated] = useState<string[]>([]);
  const fork = useAct(run.id, verbs(run.id).fork, (next) => (then ? then(next) : void navigate({ to: "/runs/$id", params: { id: next.id }, search: {} })));
  const bad = given === undefined || (way === "output" && output === undefined);
  const changed = JSON.stringify(given) !== JSON.stringify(run.input);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        fork.mutate({
          from_step: from,
          version: version === subject?.version ? null : version,
          input: (changed ? given : null) as never,
          outputs: way === "output" ? { [from]: output as never } : {},
          repeat_effects: repeated,
        });
      }}
    >
      <h2 className="font-semibold wrap-anywhere">{t("runs.fork.title", { step: from })}</h2>
      <p className="text-muted">{t("runs.fork.hint")}</p>
      <Choice label={t("runs.fork.how")} of={[["again", t("runs.fork.again")], ["output", t("runs.fork.output")]]} value={way} choose={setWay} />
      {way === "output" && <JsonField label={t("runs.fork.given", { step: from })} start={output} rows={14} change={setOutput} />}
      <JsonField label={t("runs.input")} hint={t("runs.fork.input")} start={run.input} rows={10} change={setGiven} />
      {subject && (
        <Field label={t("runs.version")} hint={t("runs.fork.version")}>
          <input type="number" min={1} className={`${input} w-28`} value={version} onChange={(event) => setVersion(Number(event.target.value))} />
        </Field>
      )}
      <Repeats of={steps} chosen={repeated} choose={setRepeated} />
      {fork.error && <Failure of={fork.error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={bad || fork.isPending}>
          {t("runs.fork.go")}
        </Button>
        <Button onClick={close}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}

/** What happened already and happens again only where it is ticked. */
function Repeats({ of, chosen, choose }: { of: Step[]; chosen: string[]; choose: (keys: string[]) => void }) {
  const { t } = useTranslation();
  const effects = of.filter((step) => step.status === "done" && SURE.has(step.effect ?? ""));
  if (!effects.length) return null;
  return (
    <fieldset className="flex max-h-60 flex-col overflow-y-auto rounded-lg border p-3">
      <legend className="px-1 font-medium">{t("runs.fork.repeat")}</legend>
      {effects.slice(0, 200).map(({ key }) => (
        <label key={key} className="flex min-h-7 items-center gap-2">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={chosen.includes(key)}
            onChange={(event) => choose(event.target.checked ? [...chosen, key] : chosen.filter((one) => one !== key))}
          />
          <span className="truncate font-mono text-sm">{key}</span>
        </label>
      ))}
    </fieldset>
  );
}
