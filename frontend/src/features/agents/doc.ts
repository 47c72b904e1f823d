// The text of an agent, changed in single places: comments and everything else stay as they are. Pure.
import { type Document, isMap, parseDocument } from "yaml";

export const KINDS = ["block", "connection", "workflow", "agent", "catalogue"] as const;
export type Kind = (typeof KINDS)[number];
export interface Tool extends Partial<Record<Kind, unknown>> {
  name?: string;
  permission?: string;
}
export interface Parts {
  title?: string;
  model?: string;
  instructions?: string;
  tools?: Tool[];
  limits?: Record<string, unknown>;
  output?: unknown;
}

/** The text as a document with its parts, or null where it is no YAML of an object. */
export function read(text: string): { doc: Document; parts: Parts } | null {
  const doc = parseDocument(text);
  if (doc.errors.length || !isMap(doc.contents)) return null;
  return { doc, parts: doc.toJS() as Parts };
}

/** The text with one value set, or taken away where it is undefined; a map that becomes empty goes too. */
export function changed(text: string, path: (string | number)[], value: unknown): string {
  const doc = parseDocument(text);
  if (value === undefined) {
    doc.deleteIn(path);
    const above = path.slice(0, -1);
    const left = doc.getIn(above) as { items?: unknown[] } | undefined;
    if (above.length && left?.items?.length === 0) doc.deleteIn(above);
  } else if (path.length > 1 && doc.getIn(path.slice(0, -1)) === undefined) {
    doc.setIn(path.slice(0, -1), doc.createNode(typeof path.at(-1) === "number" ? [value] : { [String(path.at(-1))]: value }));
  } else {
    doc.setIn(path, typeof value === "object" ? doc.createNode(value) : value);
  }
  return doc.toString({ lineWidth: 0 });
}

/** What a tool names, and of which kind it is. */
export function kindOf(tool: Tool): [Kind, string] {
  const kind = KINDS.find((one) => tool[one] !== undefined) ?? "block";
  const value = tool[kind];
  return [kind, Array.isArray(value) ? value.join(", ") : value === true ? "*" : String(value ?? "")];
}

export function template(name: string): string {
  return `troupe: agent/v1
name: ${name}
instructions: |
  Answer in two sentences.
tools: []
limits: {turns: 10, cost_usd: 0.5}
`;
}
