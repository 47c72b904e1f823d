// What a run is given: fields by the workflow's schema where it has simple ones, else JSON.
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import { JsonField } from "@/ui/json-field";

interface Props {
  schema?: object;
  value: unknown;
  change: (value: unknown) => void;
  go: (dry: boolean) => void;
  close: () => void;
  busy: boolean;
}

export function InputForm({ schema, value, change, go, close, busy }: Props) {
  const { t } = useTranslation();
  const [right, setRight] = useState(true);
  const [start] = useState(() => (isEmpty(value) && schema ? example(schema as Schema) : value));
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("textarea")?.focus(), []);
  return (
    <form
      ref={form}
      className="flex flex-col gap-3 border-t px-4 py-3"
      onSubmit={(event) => (event.preventDefault(), go(false))}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) go(false);
      }}
    >
      <JsonField label={t("studio.input")} hint={t("studio.inputHint")} start={start ?? {}} rows={10} change={(next) => (setRight(next !== undefined), next !== undefined && change(next))} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" disabled={!right || busy}>{t("studio.runNow")}</Button>
        <Button disabled={!right || busy} title={t("studio.dryHint")} onClick={() => go(true)}>{t("studio.dryRun")}</Button>
        <Button kind="quiet" onClick={close}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  default?: unknown;
  enum?: unknown[];
}
const EMPTY: Record<string, unknown> = { string: "", integer: 0, number: 0, boolean: false };

/** A value to begin with, of the shape that the schema asks for. */
export function example(schema: Schema, depth = 0): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.type === "array") return schema.items && depth < 4 ? [example(schema.items, depth + 1)] : [];
  if (schema.type === "object" || schema.properties) return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, depth < 4 ? example(one, depth + 1) : null]));
  return EMPTY[schema.type ?? ""] ?? null;
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
