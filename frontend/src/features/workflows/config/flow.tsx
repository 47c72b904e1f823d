// The workflow itself, while nothing of it is selected: its title, what it takes and what it gives.
import { useTranslation } from "react-i18next";
import { Field } from "@/ui";
import { useChange } from "../change";
import { setIn } from "../model/edit";
import type { Flow } from "../model/types";
import { useStudio } from "../state";
import { Written } from "./fixed";
import { TypedLine } from "./typed";

export function FlowConfig({ flow }: { flow: Flow }) {
  const { t } = useTranslation();
  const { readOnly } = useStudio();
  const { change, said } = useChange();
  const set = (key: string, value: unknown) => change(t("config.did", { field: key }), (text) => setIn(text, "", [key], value), key);
  return (
    <div className="flex flex-col gap-4 pt-4">
      <h2 className="font-semibold">{t("config.workflow")}</h2>
      <Field label={t("config.title")}>
        <TypedLine disabled={readOnly} placeholder={flow.name} value={flow.title ?? ""} change={(text) => set("title", text || undefined)} />
      </Field>
      <Field label={t("config.name")}>
        <TypedLine className="font-mono text-sm" disabled={readOnly} value={flow.name} change={(text) => set("name", text)} />
      </Field>
      <div className="flex flex-col gap-1">
        <span className="font-medium">{t("config.inputSchema")}</span>
        <Written types={["object"]} aria-label={t("config.inputSchema")} placeholder={"type: object\nproperties: {}"} value={flow.input} readOnly={readOnly} change={(value) => set("input", value)} />
        <span className="text-sm text-muted">{t("config.inputSchemaHint")}</span>
      </div>
      <div className="flex flex-col gap-1">
        <span className="font-medium">{t("config.output")}</span>
        <Written types={[]} aria-label={t("config.output")} value={flow.output} readOnly={readOnly} change={(value) => set("output", value)} />
        <span className="text-sm text-muted">{t("config.flowOutputHint")}</span>
      </div>
      <p className="text-sm text-muted">{t("config.keys")}</p>
      <p role="status" className="sr-only">{said}</p>
    </div>
  );
}
