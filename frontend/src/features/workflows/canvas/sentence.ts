// What a node does with its real values, in one line. Pure.
import type { Node } from "../model/types";

const LONG = 60;
const BRACES = /\{\{\s*(.*?)\s*\}\}/g;

/** `item.text, 3 labels`: the values of its first fields, expressions without their braces. */
export function sentenceOf(node: Node, order: string[] = []): string {
  if (node.kind === "each") return valueOf((node.body.each as { items?: unknown } | undefined)?.items, "items");
  if (node.kind === "loop") return String((node.body.loop as { until?: unknown } | undefined)?.until ?? "");
  const given = (node.body.with ?? {}) as Record<string, unknown>;
  if (typeof given !== "object" || given === null) return "";
  const names = [...order.filter((name) => name in given), ...Object.keys(given).filter((name) => !order.includes(name))];
  return names.slice(0, 3).map((name) => valueOf(given[name], name)).filter(Boolean).join(", ");
}

function valueOf(value: unknown, name: string): string {
  if (typeof value === "string") return short(value.replace(BRACES, "$1").replace(/\s+/g, " ").trim());
  if (typeof value === "number") return `${name.replaceAll("_", " ")} ${value}`;
  if (typeof value === "boolean") return value ? name.replaceAll("_", " ") : "";
  if (Array.isArray(value)) return value.length === 1 ? valueOf(value[0], name) : `${value.length} ${name.replaceAll("_", " ")}`;
  if (value && typeof value === "object") return `${Object.keys(value).length} ${name.replaceAll("_", " ")}`;
  return "";
}

function short(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text;
}
