// A flow as xyflow's nodes and edges. What did not change keeps its object, so that only what changed is drawn again. Pure.
import { MarkerType, type NodeHandle, Position } from "@xyflow/react";
import { allNodes, frameOf } from "../model/read";
import type { Flow, Node, Path } from "../model/types";
import { type Drawn, type Mark, NOTE, type Went } from "./data";
import type { Edge } from "./graph";
import { type Boxes, HEAD, PAD } from "./layout";
import { SIZE } from "./notes";
import type { Wire } from "./wires";
import type { Blocks } from "./wiring";

export interface Facts {
  blocks: Blocks;
  went: Record<Path, Went>;
  marks: Record<Path, Mark>;
  pinned: Set<Path>;
  problems: Map<Path, number>;
  selected: Set<string>;
  anchor: string; // the node that Tab comes to
  named: (node: Node) => string; // for those who do not see it
}

// One node is reached by Tab, all by arrows and by clicks.
const REACHED = { tabIndex: 0 };
const HELD = { tabIndex: -1 };
const END = 10; // pixels of a handle, as in canvas.css
const LOW: [[number, number], [number, number]] = [[PAD, HEAD], [1e6, 1e6]];

export function drawnOf(flow: Flow, boxes: Boxes, facts: Facts, before: Drawn[]): Drawn[] {
  const known = new Map(before.map((one) => [one.id, one]));
  const notes = flow.notes.map((note): Drawn => {
    const [width, height] = note.size ?? SIZE;
    const [x, y] = note.at;
    const id = NOTE + note.id;
    return { id, type: "note", position: { x, y }, width, height, data: { note }, selected: facts.selected.has(id), zIndex: -1 };
  });
  const nodes = allNodes(flow.nodes).map((node): Drawn => {
    const { x, y, width, height } = boxes[node.path] ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      id: node.path,
      type: node.kind === "block" ? "card" : "frame",
      position: { x, y },
      width,
      height,
      ...(node.frame ? { parentId: node.frame, extent: LOW, expandParent: true } : {}),
      data: {
        node,
        block: facts.blocks.get(node.block ?? ""),
        went: facts.went[node.path],
        mark: facts.marks[node.path],
        pinned: facts.pinned.has(node.path),
        problems: facts.problems.get(node.path) ?? 0,
      },
      selected: facts.selected.has(node.path),
      ariaRole: "group",
      handles: handlesOf(width, height),
      domAttributes: node.path === facts.anchor ? REACHED : HELD,
      ariaLabel: facts.named(node),
    };
  });
  return [...notes, ...nodes].map((one) => {
    const old = known.get(one.id);
    return old && sameDrawn(old, one) ? old : { ...one, ...(old?.measured ? { measured: { width: one.width, height: one.height } } : {}) };
  });
}

function sameDrawn(a: Drawn, b: Drawn): boolean {
  return (
    a.type === b.type && a.parentId === b.parentId && a.position.x === b.position.x && a.position.y === b.position.y && a.width === b.width && a.height === b.height &&
    !a.dragging && Boolean(a.selected) === Boolean(b.selected) && a.domAttributes === b.domAttributes && a.ariaLabel === b.ariaLabel && sameData(a.data, b.data)
  );
}

function sameData(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.keys(b).every((key) => a[key] === b[key] || signed(a[key]) === signed(b[key]));
}

const signs = new WeakMap<object, string>();

/** What of a value shows: of a node all but what is in it. */
function signed(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  let sign = signs.get(value);
  if (sign === undefined) {
    const node = value as Partial<Node>;
    const shown = node.path ? { ...node, line: 0, nodes: node.nodes?.length, body: { ...node.body, nodes: 0 } } : value;
    sign = JSON.stringify(shown);
    signs.set(value, sign);
  }
  return sign;
}

/** The ends of a node as it is drawn, so that it need not be drawn to know them. */
function handlesOf(width: number, height: number): NodeHandle[] {
  const [x, size] = [width / 2 - END / 2, { width: END, height: END }];
  return [
    { id: "in", type: "target", position: Position.Top, x, y: -END / 2, ...size },
    { id: "out", type: "source", position: Position.Bottom, x, y: height - END / 2, ...size },
  ];
}

export function wiresOf(edges: Edge[], there: Set<Path>, selected: Set<string>, open: boolean): Wire[] {
  const both = new Map<string, Edge>();
  for (const edge of edges) {
    const id = `${edge.from}>${edge.to}`;
    if (there.has(edge.from) && there.has(edge.to) && both.get(id)?.kind !== "data") both.set(id, edge);
  }
  return [...both].map(([id, { from, to, kind }]) => ({
    id,
    type: "wire",
    source: from,
    target: to,
    sourceHandle: "out",
    targetHandle: "in",
    className: kind,
    selected: selected.has(id),
    focusable: false,
    data: { kind, open: open && frameOf(from) === frameOf(to) },
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: selected.has(id) ? "var(--accent)" : "var(--edge)" },
  }));
}
