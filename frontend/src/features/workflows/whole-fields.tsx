// What the workflow is as a whole: its name, what it takes, what it gives.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";
import { setIn } from "./model/edit";
import { NotEditable } from "./model/types";
import { useStudio } from "./state";
import { ValueField } from "./value-field";

const MANY = 12; // nodes beyond which a workflow is opened for its nodes

export function WholeFields() {
  const { t } = useTranslation();
  const { flow, apply, readOnly, selected } = useStudio();
  const [open, setOpen] = useState(!selected.length && flow.nodes.length < MANY);
  const [refused, setRefused] = useState("");
  const set = (key: "name" | "title" | "input" | "output") => (value: unknown) => {
    try {
      apply((text) => setIn(text, "", [key], value), "", key);
      setRefused("");
    } catch (wrong) {
      if (!(wrong instanceof NotEditable)) throw wrong;
      setRefused(wrong.message);
    }
  };
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="rounded-lg border bg-panel px-3">
      <summary className="min-h-9 py-2 font-medium">{t("workflows.whole")}</summary>
      <div className="grid gap-3 pb-3 sm:grid-cols-2">
        {refused && <p role="alert" className="text-failed sm:col-span-2">{refused}</p>}
        <Field label={t("workflows.name")}>
          <input value={flow.name} readOnly={readOnly} onChange={(event) => set("name")(event.target.value)} className={`${input} font-mono text-sm`} />
        </Field>
        <ValueField text label={t("workflows.field.title")} value={flow.title} disabled={readOnly} change={set("title")} />
        <ValueField label={t("workflows.field.input")} hint={t("workflows.inputHint")} value={flow.input} disabled={readOnly} change={set("input")} />
        <ValueField label={t("workflows.field.output")} hint={t("workflows.outputHint")} value={flow.output} disabled={readOnly} change={set("output")} />
      </div>
    </details>
  );
}
