// Fields for a JSON Schema of an object: what connectors and agents ask for. Everything else is typed as JSON.
import { useTranslation } from "react-i18next";
import { Field, input } from ".";

export type Values = Record<string, unknown>;
export interface Schema {
  properties?: Record<string, Property>;
  required?: string[];
}
interface Property {
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  enum?: string[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

interface Props {
  schema: Schema;
  values: Values;
  onChange: (values: Values) => void;
  lenient?: boolean; // all of it may be left out, so that no single field must be filled in
}

export function SchemaFields({ schema, values, onChange, lenient = false }: Props) {
  const required = new Set(schema.required);
  const names = Object.keys(schema.properties ?? {}).sort((a, b) => Number(required.has(b)) - Number(required.has(a)));
  return names.map((name) => {
    const property = (schema.properties as Record<string, Property>)[name] as Property;
    const set = (value: unknown) => onChange({ ...values, [name]: value });
    return <One key={name} name={name} property={property} required={required.has(name)} value={values[name]} lenient={lenient} set={set} />;
  });
}

interface OneProps {
  name: string;
  property: Property;
  required: boolean;
  value: unknown;
  lenient: boolean;
  set: (value: unknown) => void;
}

function One({ name, property, required, value, lenient, set }: OneProps) {
  const { t } = useTranslation();
  const words = name.replaceAll("_", " ");
  const label = words.charAt(0).toUpperCase() + words.slice(1) + (required ? "" : ` (${t("common.optional")})`);
  const shown = value === undefined ? "" : String(value);
  const common = { className: input, required: required && !lenient, name, autoComplete: "off", value: shown };
  const placeholder = property.default === undefined || property.default === null ? undefined : textOf(property.default);
  return (
    <Field label={label} hint={property.description}>
      {property.type === "boolean" ? (
        <input type="checkbox" name={name} className="size-7 accent-accent" checked={Boolean(value ?? property.default)} onChange={(event) => set(event.target.checked)} />
      ) : property.enum ? (
        <select {...common} value={shown || String(property.default ?? "")} onChange={(event) => set(event.target.value)}>
          {property.enum.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : property.type === "integer" || property.type === "number" ? (
        <input {...common} type="number" min={property.minimum} max={property.maximum} step={property.type === "integer" ? 1 : "any"} placeholder={placeholder} onChange={(event) => set(event.target.value)} />
      ) : property.format === "password" ? (
        <input {...common} type="password" autoComplete="new-password" onChange={(event) => set(event.target.value)} />
      ) : property.type === "string" ? (
        <input {...common} pattern={property.pattern} placeholder={placeholder} onChange={(event) => set(event.target.value)} />
      ) : (
        <textarea {...common} rows={2} spellCheck={false} className={`${input} font-mono text-sm`} placeholder={placeholder} onChange={(event) => set(event.target.value)} />
      )}
    </Field>
  );
}

/** What was filled in, typed as the schema says; what was left empty is left out. */
export function valuesOf(schema: Schema, values: Values): Values {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, typed(schema.properties?.[name] ?? {}, value)]));
}

function typed({ type }: Property, value: unknown): unknown {
  if (typeof value !== "string" || type === "string") return value;
  if (type === "number" || type === "integer") return Number(value);
  try {
    return JSON.parse(value);
  } catch {
    return value; // the API says what is wrong with it
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
