// The main parts of an agent as fields; each writes into the text where it stands.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";
import { changed, type Parts } from "./doc";
import { modelsQuery } from "./models";
import { ToolsField } from "./tools-field";

interface Props {
  text: string;
  parts: Parts;
  write: (text: string) => void;
}

const LIMITS = ["turns", "tokens", "cost_usd", "time"] as const;

export function AgentForm({ text, parts, write }: Props) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery());
  const set = (path: (string | number)[], value: unknown) => write(changed(text, path, value));
  const word = (name: "title" | "model") => (
    <Field label={t(`agents.field.${name}`)} hint={name === "model" ? t("agents.modelHint") : undefined}>
      <input className={input} list={name === "model" ? "agent-models" : undefined} value={String(parts[name] ?? "")} onChange={(event) => set([name], event.target.value || undefined)} />
    </Field>
  );
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {word("title")}
      {word("model")}
      <datalist id="agent-models">
        {models.data?.map((name) => <option key={name} value={name} />)}
      </datalist>
      <Field label={t("agents.instructions")}>
        <textarea rows={6} className={`${input} field-sizing-content max-h-96`} value={String(parts.instructions ?? "")} onChange={(event) => set(["instructions"], event.target.value || undefined)} />
      </Field>
      <ToolsField tools={Array.isArray(parts.tools) ? parts.tools : []} set={set} />
      <fieldset>
        <legend className="pb-1 font-medium">{t("agents.limits")}</legend>
        <div className="grid grid-cols-2 gap-3">
          {LIMITS.map((name) => (
            <label key={name} className="flex flex-col gap-1 text-sm">
              {t(`agents.limit.${name}`)}
              <input className={input} inputMode={name === "time" ? undefined : "decimal"} value={String(parts.limits?.[name] ?? "")} onChange={(event) => set(["limits", name], limit(event.target.value))} />
            </label>
          ))}
        </div>
      </fieldset>
      <Output value={parts.output} set={(value) => set(["output"], value)} />
    </div>
  );
}

/** JSON that becomes part of the text once it is whole. */
function Output({ value, set }: { value: unknown; set: (value: unknown) => void }) {
  const { t } = useTranslation();
  const [writing, setWriting] = useState<string | null>(null);
  const shown = writing ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  const change = (next: string) => {
    setWriting(next);
    if (next.trim() === "") set(undefined);
    else if (parsed(next) !== undefined) set(parsed(next));
  };
  const wrong = writing?.trim() && parsed(writing) === undefined;
  return (
    <Field label={t("agents.output")} hint={t("agents.outputHint")} error={wrong ? t("agents.noJson") : undefined}>
      <textarea rows={3} spellCheck={false} className={`${input} field-sizing-content max-h-80 font-mono text-sm`} value={shown} onChange={(event) => change(event.target.value)} onBlur={() => !wrong && setWriting(null)} />
    </Field>
  );
}

function limit(text: string): unknown {
  if (text.trim() === "") return undefined;
  return Number.isFinite(Number(text)) && !text.endsWith(".") ? Number(text) : text;
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
