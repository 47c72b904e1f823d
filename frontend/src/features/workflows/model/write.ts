// Values as YAML, the way a person would write them: short maps on one line, long texts as blocks.
import { parse } from "yaml";

const WIDTH = 100; // characters of a line before a map is written over several
const PLAIN = /^[A-Za-z0-9_]([A-Za-z0-9_ ./@+-]*[A-Za-z0-9_./@+])?$/;
const WORDS = /^(null|true|false|yes|no|on|off|y|n)$/i;
// eslint-disable-next-line no-control-regex
const ODD = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as it stands behind its key; `indent` columns for what goes on below it, null for one line. */
export function render(value: unknown, indent: number | null): string {
  return (indent !== null && typeof value === "string" && literal(value, indent)) || inline(value);
}

/** `key: value`; a map that is long, holds long texts, or is one of the `open` outer ones goes over several lines. */
export function entry(key: string, value: unknown, indent: number, outer = 0): string {
  const open = key === "nodes" ? 2 : outer;
  if (isFields(value) && Object.keys(value).length && (open > 0 || spread(value) || inline(value).length + indent + key.length > WIDTH)) {
    return `${scalar(key)}:\n${block(value, indent + 2, open - 1)}`;
  }
  return `${scalar(key)}: ${render(value, indent + 2)}`;
}

export function block(value: Fields, indent: number, open = 0): string {
  return Object.entries(value).map(([key, one]) => " ".repeat(indent) + entry(key, one, indent, open)).join("\n");
}

export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isFields(value)) return `{${Object.entries(value).map(([key, one]) => `${scalar(key)}: ${inline(one)}`).join(", ")}}`;
  return scalar(value);
}

export function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null);
  if (PLAIN.test(value) && !WORDS.test(value) && parse(value) === value) return value;
  if (value.includes('"') && !/['\\\n\r]/.test(value) && value.search(ODD) < 0) return `'${value}'`;
  return JSON.stringify(value).replace(ODD, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function spread(value: unknown): boolean {
  return typeof value === "string" ? value.includes("\n") : isFields(value) && Object.values(value).some(spread);
}

/** A text of several lines as a literal block where YAML gives it back exactly, else "". */
function literal(value: string, indent: number): string {
  const body = value.endsWith("\n") ? value.slice(0, -1) : value;
  const lines = body.split("\n");
  if (lines.length < 2 || value.search(ODD) >= 0 || /^[\n ]/.test(body) || lines.some((line) => line.length > 0 && !line.trim()) || body.endsWith("\n")) return "";
  return `|${value.endsWith("\n") ? "" : "-"}${lines.map((line) => (line ? `\n${" ".repeat(indent)}${line}` : "\n")).join("")}`;
}
