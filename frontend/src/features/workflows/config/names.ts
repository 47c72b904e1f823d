// What may be referred to at a node, with what it was in the last run: the entries of the variable picker. Pure.
import { boundAt, inSight, type Edge } from "../canvas/graph";
import { portsOf, type Schema } from "../canvas/schema";
import { type Blocks, outputsOf } from "../canvas/wiring";
import type { Flow, Path } from "../model/types";
import type { Scope } from "../run/scope";

export interface Name {
  path: string; // `sort.label`
  of: string; // the name at its top
  value?: unknown;
  types: string[];
}
const DEEP = 3;
const WIDE = 30;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function namesAt(flow: Flow, path: Path, edges: Edge[], blocks: Blocks, scope: Scope): Name[] {
  const tops = boundAt(flow, path).map((name) => ({ name, types: name === "input" ? portsOf((flow.input ?? {}) as Schema) : [] }));
  const nodes = inSight(flow, path, edges).map((node) => ({ name: node.id, types: outputsOf(node, blocks) }));
  return [...nodes, ...tops].flatMap(({ name, types }) => {
    const known = scope[name] !== undefined ? within(name, name, scope[name], 0) : [];
    const declared = types.filter((port) => !known.some((one) => one.path === `${name}.${port.name}`)).map((port) => ({ path: `${name}.${port.name}`, of: name, types: port.types }));
    return known.length ? [...known, ...declared] : [{ path: name, of: name, types: [] }, ...declared];
  });
}

function within(path: string, of: string, value: unknown, depth: number): Name[] {
  const here: Name = { path, of, value, types: [typeOf(value)] };
  if (depth >= DEEP || typeof value !== "object" || value === null) return [here];
  const inner: [string, unknown][] = Array.isArray(value)
    ? value.slice(0, 1).map((one, i) => [`${path}[${i}]`, one])
    : Object.entries(value).slice(0, WIDE).map(([name, one]) => [PLAIN.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`, one]);
  return [here, ...inner.flatMap(([name, one]) => within(name, of, one, depth + 1))];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}
