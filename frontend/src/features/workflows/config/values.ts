// Values as people write them in a field, and back. Pure.
import { parse, stringify } from "yaml";

export function isExpression(value: unknown): value is string {
  return typeof value === "string" && /(^|[^{])(\{\{\{\{)*\{\{(?!\{)/.test(value);
}

/** A value as YAML, which is how the text of a workflow has it too. */
export function written(value: unknown): string {
  if (value === undefined) return "";
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** What is written, or why it cannot be read. A list of short texts may stand in one line: `bug, billing`. */
export function unwritten(text: string, types: string[]): { value?: unknown; wrong?: string } {
  if (!text.trim()) return { value: undefined };
  if (/^\s*\{\{.*\}\}\s*$/.test(text)) return { value: text.trim() }; // an expression alone needs no quotes
  let value: unknown;
  try {
    value = parse(text);
  } catch (wrong) {
    return { wrong: (wrong as Error).message.split("\n")[0] ?? "" };
  }
  const asked = types.filter((type) => type !== "string");
  if (typeof value === "string" && asked.includes("array") && !types.includes("string")) return { value: value.split(/\s*[,\n]\s*/).filter(Boolean) };
  return { value };
}

/** A value that is fixed as an expression that gives it. */
export function asExpression(value: unknown): string {
  if (value === undefined || value === "") return "{{  }}";
  return typeof value === "string" ? value : `{{ ${JSON.stringify(value)} }}`;
}

/** In one line, cut where it gets long. */
export function brief(value: unknown, most = 120): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const line = text.replace(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Where a reference goes that is chosen from the list: within the braces at the cursor, else in braces of its own. */
export function inserted(text: string, at: number, reference: string, bare: boolean): { text: string; at: number } {
  const before = text.slice(0, at);
  const within = bare || before.lastIndexOf("{{") > before.lastIndexOf("}}");
  const put = within ? reference : `{{ ${reference} }}`;
  return { text: before + put + text.slice(at), at: at + put.length };
}
