// What a new node or a new connection writes. Pure.
import { addNode, connect, disconnect, place, setIn } from "../model/edit";
import { freshId } from "../model/names";
import { allNodes, nodeAt } from "../model/read";
import type { Flow, Node, Path, Place } from "../model/types";
import { behind, type Edge, sees } from "./graph";
import { bestPort, fits, type Port, portsOf, type Schema } from "./schema";

export interface Block {
  id: string;
  title: string;
  category: string;
  description: string;
  effect: string;
  input_schema: Record<string, unknown>;
  output_schema: Record<string, unknown>;
}
export type Blocks = Map<string, Block>;

/** An end of a connection: a node, or one of its fields. */
export interface End {
  path: Path;
  field?: string;
}

export function inputsOf(node: Node, blocks: Blocks): Port[] {
  if (node.kind === "each") return [{ name: "items", types: ["array"], required: true, schema: { type: "array" } }];
  if (node.kind === "loop") return [];
  return portsOf((blocks.get(node.block ?? "")?.input_schema ?? {}) as Schema);
}

export function outputsOf(node: Node, blocks: Blocks): Port[] {
  if (node.kind !== "block") return [];
  return portsOf((blocks.get(node.block ?? "")?.output_schema ?? {}) as Schema);
}

/** What a node is as a whole, where it is named without a field. */
function typesOfWhole(node: Node): string[] {
  return node.kind === "each" ? ["array"] : node.kind === "block" ? ["object"] : [];
}

export function typesAt(flow: Flow, blocks: Blocks, { path, field }: End, side: "in" | "out"): string[] {
  const node = nodeAt(flow, path);
  if (!node) return [];
  if (!field) return side === "out" ? typesOfWhole(node) : [];
  return (side === "in" ? inputsOf(node, blocks) : outputsOf(node, blocks)).find(({ name }) => name === field)?.types ?? [];
}

/** The key in a node at which a field's value stands. */
function keysOf(node: Node, field: string): string[] {
  return node.kind === "each" && field === "items" ? ["each", "items"] : ["with", field];
}

/** Why these two cannot be connected, or "". */
export function refusal(flow: Flow, edges: Edge[], blocks: Blocks, from: End, to: End): "" | "self" | "cycle" | "hidden" | "type" {
  const [start, end] = [nodeAt(flow, from.path), nodeAt(flow, to.path)];
  if (!start || !end || from.path === to.path) return "self";
  if (!sees(start, to.path)) return "hidden";
  if (!to.field && start.frame !== end.frame) return "hidden";
  if (behind(to.path, edges).has(from.path)) return "cycle";
  if (to.field && !reference(flow, blocks, from, to)) return "type";
  return "";
}

/** `sort.label`: what the field at `to` says to be given what stands at `from`; "" where no type fits. */
export function reference(flow: Flow, blocks: Blocks, from: End, to: End): string {
  const [start, end] = [nodeAt(flow, from.path), nodeAt(flow, to.path)];
  const wanted = end && inputsOf(end, blocks).find(({ name }) => name === to.field);
  if (!start || !wanted) return "";
  if (from.field) return fits(typesAt(flow, blocks, from, "out"), wanted.types) ? `${start.id}.${from.field}` : "";
  const best = bestPort(outputsOf(start, blocks), wanted);
  if (best) return `${start.id}.${best.name}`;
  return fits(typesOfWhole(start), wanted.types) ? start.id : "";
}

/** The text with two nodes connected: a field refers to what it is given, or the one only waits for the other. */
export function connected(text: string, flow: Flow, blocks: Blocks, from: End, to: End): string {
  const end = nodeAt(flow, to.path);
  if (!to.field || !end) return connect(text, from.path, to.path);
  return setIn(text, to.path, keysOf(end, to.field), `{{ ${reference(flow, blocks, from, to)} }}`);
}

export interface Adding {
  frame: Path;
  at?: Place;
  from?: End; // what it is to be given
  before?: Path; // what is to come after it
}

export type Kind = { block: Block } | { frame: "each" | "loop" };

/** The text with a new node, and its path. It is given what it most likely wants of `from`, else it waits for it. */
export function added(text: string, flow: Flow, blocks: Blocks, kind: Kind, { frame, at, from, before }: Adding): { text: string; path: Path } {
  const id = freshId(flow, "block" in kind ? kind.block.id : kind.frame);
  const path = frame ? `${frame}.${id}` : id;
  const start = from && nodeAt(flow, from.path);
  const wire = start && wireOf(kind, blocks, start, from.field);
  let next = addNode(text, frame, id, bodyOf(kind, flow, wire));
  if (start && !wire && start.frame === frame) next = connect(next, start.path, path);
  if (before) {
    next = connect(next, path, before);
    if (start && afters(flow, before).includes(start.id)) next = disconnect(next, start.path, before);
  }
  if (at) next = place(next, { [path]: at });
  return { text: next, path };
}

function afters(flow: Flow, path: Path): string[] {
  const after = nodeAt(flow, path)?.body.after;
  return Array.isArray(after) ? after.map(String) : [];
}

type Wire = [field: string, reference: string];

/** By name where a field has one of its own, else the first that must be given. */
function wireOf(kind: Kind, blocks: Blocks, start: Node, field?: string): Wire | undefined {
  if ("frame" in kind) return kind.frame === "each" ? frameWire(start, blocks, field) : undefined;
  const outputs = outputsOf(start, blocks).filter(({ name }) => !field || name === field);
  const wanted = portsOf(kind.block.input_schema as Schema).filter(({ required }) => required);
  const same = wanted.find(({ name, types }) => outputs.some((one) => one.name === name && fits(one.types, types)));
  for (const port of same ? [same] : wanted) {
    const best = bestPort(outputs, port);
    if (best) return [port.name, `${start.id}.${best.name}`];
    if (!field && start.kind !== "block" && fits(typesOfWhole(start), port.types) && port.types.length) return [port.name, start.id];
  }
  return undefined;
}

function frameWire(start: Node, blocks: Blocks, field?: string): Wire | undefined {
  const list = outputsOf(start, blocks).find(({ name, types }) => types.includes("array") && (!field || name === field));
  if (list) return ["items", `${start.id}.${list.name}`];
  return start.kind === "each" && !field ? ["items", start.id] : undefined;
}

function bodyOf(kind: Kind, flow: Flow, wire?: Wire): Record<string, unknown> {
  if ("block" in kind) return { block: kind.block.id, ...(wire ? { with: { [wire[0]]: `{{ ${wire[1]} }}` } } : {}) };
  if (kind.frame === "loop") return { loop: { until: "index >= 2", max: 10 }, nodes: {} };
  const list = portsOf((flow.input ?? {}) as Schema).find(({ types }) => types.includes("array"));
  return { each: { items: wire ? `{{ ${wire[1]} }}` : list ? `{{ input.${list.name} }}` : [] }, nodes: {} };
}

/** Where a node can be connected to, without dragging: each field that takes it, and the order alone. */
export function goals(flow: Flow, edges: Edge[], blocks: Blocks, from: End): End[] {
  return allNodes(flow.nodes).flatMap((node) => {
    const ends: End[] = [...inputsOf(node, blocks).map(({ name }) => ({ path: node.path, field: name })), { path: node.path }];
    return ends.filter((to) => !refusal(flow, edges, blocks, from, to));
  });
}
