// The exact arguments, to be changed: a field for each by its schema and value, or the whole as JSON.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";
import { Choice } from "@/ui/choice";
import { JsonField } from "@/ui/json-field";

type Given = Record<string, unknown>;
interface Property {
  title?: string;
  description?: string;
  enum?: unknown[];
}

/** `change` hears the arguments as they are written, undefined while they cannot be read. */
export function Arguments({ start, schema, change }: { start: unknown; schema?: Record<string, unknown>; change: (value: unknown) => void }) {
  const { t } = useTranslation();
  const flat = typeof start === "object" && start !== null && !Array.isArray(start);
  const [as, setAs] = useState<"fields" | "json">(flat ? "fields" : "json");
  const [now, setNow] = useState<unknown>(start);
  const said = (value: unknown) => {
    if (value !== undefined) setNow(value);
    change(value);
  };
  return (
    <div className="flex flex-col gap-3">
      {flat && (
        <Choice
          label={t("approvals.form")}
          of={[["fields", t("approvals.fields")], ["json", t("value.json")]]}
          value={as}
          choose={(next) => {
            change(now);
            setAs(next);
          }}
        />
      )}
      {as === "fields" ? (
        <Fields now={now as Given} properties={(schema?.properties ?? {}) as Record<string, Property>} change={said} />
      ) : (
        <JsonField label={t("approvals.arguments")} start={now} rows={20} change={said} />
      )}
    </div>
  );
}

function Fields({ now, properties, change }: { now: Given; properties: Record<string, Property>; change: (value: unknown) => void }) {
  const [broken, setBroken] = useState<ReadonlySet<string>>(new Set());
  const set = (name: string) => (value: unknown) => {
    const wrong = new Set(broken);
    if (value === undefined) wrong.add(name);
    else wrong.delete(name);
    setBroken(wrong);
    change(wrong.size ? undefined : { ...now, [name]: value });
  };
  return Object.keys(now).map((name) => <One key={name} name={name} of={properties[name]} value={now[name]} change={set(name)} />);
}

function One({ name, of, value, change }: { name: string; of?: Property; value: unknown; change: (value: unknown) => void }) {
  const hint = of?.description;
  if (of?.enum && typeof value === "string") {
    return (
      <Field label={name} hint={hint}>
        <select className={input} value={value} onChange={(event) => change(event.target.value)}>
          {of.enum.map(String).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </Field>
    );
  }
  if (typeof value === "boolean") {
    return (
      <label className="flex min-h-8 items-center gap-2">
        <input type="checkbox" className="size-4 accent-accent" checked={value} onChange={(event) => change(event.target.checked)} />
        <span className="font-medium">{name}</span>
        {hint && <span className="text-sm text-muted">{hint}</span>}
      </label>
    );
  }
  if (typeof value === "string") {
    const rows = Math.min(12, value.split("\n").length + Math.floor(value.length / 80));
    return (
      <Field label={name} hint={hint}>
        <textarea className={input} rows={rows} value={value} onChange={(event) => change(event.target.value)} />
      </Field>
    );
  }
  return <JsonField label={name} hint={hint} start={value} change={change} />;
}
