// Where nodes stand: where somebody put them, else in rows by dagre, frame by frame. Pure.
import { Graph, layout } from "@dagrejs/dagre";
import { frameOf } from "../model/read";
import type { Flow, Node, Path } from "../model/types";
import type { Edge } from "./graph";

/** Within its frame: its corner as seen from the frame's. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export type Boxes = Record<Path, Box>;

export const CARD = { width: 240, height: 84 };
export const HEAD = 50; // pixels of a frame above its nodes
export const PAD = 20; // and around them
export const GRID = 10;
const GAP = { x: 40, y: 56 };
const FEW = 12; // nodes that stand in one row where they have no edges
const NONE = { width: 280, height: 120 }; // a frame without nodes

/** Every node's box. `places` are those that count; what has none finds its place among the others. */
export function boxesOf(flow: Flow, edges: Edge[], places: Flow["places"] = flow.places): Boxes {
  const boxes: Boxes = {};
  const links = linksOf(edges);
  fill("", flow.nodes, links, places, boxes);
  return boxes;
}

/** Places for everything, as if nobody had put anything anywhere. */
export function tidied(flow: Flow, edges: Edge[]): Record<Path, [number, number]> {
  return Object.fromEntries(Object.entries(boxesOf(flow, edges, {})).map(([path, { x, y }]) => [path, [x, y]]));
}

function fill(frame: Path, nodes: Node[], links: Links, places: Flow["places"], boxes: Boxes): void {
  for (const node of nodes) {
    if (node.nodes.length) fill(node.path, node.nodes, links, places, boxes);
    const size = node.kind === "block" ? CARD : around(node.nodes.map(({ path }) => boxes[path] as Box));
    const at = places[node.path];
    boxes[node.path] = { x: at?.[0] ?? 0, y: at?.[1] ?? 0, ...size };
  }
  const loose = nodes.filter(({ path }) => !places[path]);
  const start = frame ? { x: PAD, y: HEAD } : { x: 0, y: 0 };
  if (loose.length === nodes.length) inRows(nodes, links.get(frame) ?? [], start, boxes);
  else for (const node of loose) findRoom(node, nodes, links.get(frame) ?? [], loose, start, boxes);
}

/** The size of a frame around its nodes. */
export function around(inside: { x: number; y: number; width: number; height: number }[]): { width: number; height: number } {
  if (!inside.length) return NONE;
  return {
    width: Math.max(NONE.width, Math.max(...inside.map(({ x, width }) => x + width)) + PAD),
    height: Math.max(...inside.map(({ y, height }) => y + height)) + PAD,
  };
}

type Links = Map<Path, [Path, Path][]>;

/** Edges as each frame sees them: between its own nodes, also where an end lies deeper inside. */
function linksOf(edges: Edge[]): Links {
  const links: Links = new Map();
  for (const { from, to } of edges) {
    const frame = frameOf(from);
    const below = frame ? to.slice(frame.length + 1) : to;
    const end = (frame ? `${frame}.` : "") + below.split(".")[0];
    const known = links.get(frame) ?? [];
    known.push([from, end]);
    links.set(frame, known);
  }
  return links;
}

function inRows(nodes: Node[], links: [Path, Path][], start: { x: number; y: number }, boxes: Boxes): void {
  if (!nodes.length) return;
  if (!links.length && nodes.length > FEW) return inSquare(nodes, start, boxes);
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: GAP.x, ranksep: GAP.y, ranker: nodes.length > 200 ? "longest-path" : "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { path } of nodes) graph.setNode(path, { width: (boxes[path] as Box).width, height: (boxes[path] as Box).height });
  for (const [from, to] of links) if (from !== to && graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  layout(graph);
  const corners = nodes.map(({ path }) => {
    const { x, y } = graph.node(path) as { x: number; y: number };
    const box = boxes[path] as Box;
    return { box, x: x - box.width / 2, y: y - box.height / 2 };
  });
  const left = Math.min(...corners.map(({ x }) => x));
  const top = Math.min(...corners.map(({ y }) => y));
  for (const { box, x, y } of corners) Object.assign(box, { x: snap(x - left) + start.x, y: snap(y - top) + start.y });
}

/** Many nodes of which nothing is known yet: side by side, row below row. */
function inSquare(nodes: Node[], start: { x: number; y: number }, boxes: Boxes): void {
  const across = Math.ceil(Math.sqrt(nodes.length));
  let y = start.y;
  for (let i = 0; i < nodes.length; i += across) {
    const row = nodes.slice(i, i + across).map(({ path }) => boxes[path] as Box);
    let x = start.x;
    for (const box of row) {
      Object.assign(box, { x, y });
      x = snap(x + box.width + GAP.x);
    }
    y = snap(y + Math.max(...row.map(({ height }) => height)) + GAP.y);
  }
}

/** Below what it waits for, else below everything; to the right of what stands there already. */
function findRoom(node: Node, nodes: Node[], links: [Path, Path][], loose: Node[], start: { x: number; y: number }, boxes: Boxes): void {
  const settled = nodes.filter((one) => one !== node && (!loose.includes(one) || loose.indexOf(one) < loose.indexOf(node)));
  const above = links.filter(([from, to]) => to === node.path && settled.some(({ path }) => path === from)).map(([from]) => boxes[from] as Box);
  const over = above.length ? above : settled.map(({ path }) => boxes[path] as Box);
  const box = boxes[node.path] as Box;
  box.x = above.length ? snap(above.reduce((sum, { x, width }) => sum + x + width / 2, 0) / above.length - box.width / 2) : start.x;
  box.y = over.length ? snap(Math.max(...over.map(({ y, height }) => y + height)) + GAP.y) : start.y;
  box.x = Math.max(box.x, frameOf(node.path) ? start.x : box.x);
  for (;;) {
    const hit = settled.map(({ path }) => boxes[path] as Box).find((other) => overlap(box, other));
    if (!hit) return;
    box.x = snap(hit.x + hit.width + GAP.x);
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function snap(at: number): number {
  return Math.round(at / GRID) * GRID;
}
