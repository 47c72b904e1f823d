// A value in the form that suits who looks: a table, JSON or text. What it holds is shown, never obeyed.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Json } from "@/ui";
import { Choice } from "./choice";

type View = "table" | "json" | "text";
const ROWS = 200;
const COLUMNS = 12;

export function Value({ title, value, as }: { title: string; value: unknown; as?: View }) {
  const { t } = useTranslation();
  const [view, setView] = useState<View | null>(null);
  const views: [View, string][] = [["table", t("value.table")], ["json", t("value.json")], ["text", t("value.text")]];
  const shown = view ?? as ?? suited(value);
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="font-semibold">{title}</p>
        <Choice label={t("value.view", { of: title })} of={views} value={shown} choose={setView} />
      </div>
      {shown === "table" ? <Table value={value} /> : <Json value={shown === "text" ? asText(value) : value} />}
    </section>
  );
}

function suited(value: unknown): View {
  if (typeof value === "string") return "text";
  return Array.isArray(value) && value.length > 0 && value.every(isObject) ? "table" : "json";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Its sentences without its brackets. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(asText).join("\n\n");
  if (isObject(value)) return Object.entries(value).map(([name, part]) => `${name}: ${asText(part)}`).join("\n");
  return value === null || value === undefined ? "" : String(value);
}

function Table({ value }: { value: unknown }) {
  const { t } = useTranslation();
  const [columns, rows] = tableOf(value);
  return (
    <div tabIndex={0} role="region" aria-label={t("value.table")} className="max-h-96 overflow-auto rounded-md border bg-page text-sm">
      <table className="w-full">
        <thead>
          <tr className="sticky top-0 bg-panel">
            {columns.map((name) => (
              <th key={name} scope="col" className="border-b px-2.5 py-1.5 text-start font-medium text-muted">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((row, i) => (
            <tr key={i} className="border-b align-top last:border-b-0">
              {row.map((cell, j) => (
                <td key={j} className="max-w-80 min-w-16 px-2.5 py-1.5 wrap-anywhere whitespace-pre-wrap">
                  {typeof cell === "object" && cell !== null ? JSON.stringify(cell) : asText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && <p className="p-2.5 text-muted">{t("value.more", { count: rows.length - ROWS })}</p>}
    </div>
  );
}

/** Columns and rows: of objects their fields, of an object its names and values, of anything else itself. */
export function tableOf(value: unknown): [string[], unknown[][]] {
  if (Array.isArray(value) && value.some(isObject)) {
    const columns = [...new Set(value.flatMap((row) => (isObject(row) ? Object.keys(row) : [])))].slice(0, COLUMNS);
    return [["#", ...columns], value.map((row, i) => [i, ...columns.map((name) => (isObject(row) ? row[name] : row))])];
  }
  if (Array.isArray(value)) return [["#", "value"], value.map((row, i) => [i, row])];
  if (isObject(value)) return [["name", "value"], Object.entries(value)];
  return [["value"], [[value]]];
}
