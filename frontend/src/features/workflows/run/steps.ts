// The steps of a run by the nodes of a flow. `each_mail[0]/sort` is the node each_mail.sort in room 0. Pure.
import type { Step } from "@/api/runs";
import type { Went } from "../canvas/data";
import { allNodes, nodeAt } from "../model/read";
import type { Flow, Node, Path } from "../model/types";

/** Which pass of each frame around a node, outermost first: [0] of `each_mail[0]/sort`. */
export type Rooms = number[];

export interface Mine {
  step: Step;
  rooms: Rooms;
  own: boolean; // its result, not something its program did on the way (`sort/approve`)
}
export type ByPath = Map<Path, Mine[]>;

const PART = /^([a-z][a-z0-9_]*)(?:\[(\d+)\])?$/;

export function byPath(flow: Flow, steps: Step[]): ByPath {
  const found: ByPath = new Map();
  for (const step of steps) {
    const mine = placeOf(flow, step.key);
    if (!mine) continue;
    const known = found.get(mine.path);
    const one = { step, rooms: mine.rooms, own: mine.own };
    if (known) known.push(one);
    else found.set(mine.path, [one]);
  }
  return found;
}

export function placeOf(flow: Flow, key: string): { path: Path; rooms: Rooms; own: boolean } | undefined {
  let nodes: Node[] = flow.nodes;
  let path = "";
  const rooms: Rooms = [];
  const parts = key.split("/");
  for (const [i, part] of parts.entries()) {
    const [, id, room] = PART.exec(part) ?? [];
    const node = nodes.find((one) => one.id === id);
    if (!node) return path ? { path, rooms, own: false } : undefined;
    path = node.path;
    if (room === undefined) return { path, rooms, own: i === parts.length - 1 };
    rooms.push(Number(room));
    nodes = node.nodes;
  }
  return { path, rooms: rooms.slice(0, -1), own: false };
}

/** The key of a node's step in these rooms. */
export function keyOf(path: Path, rooms: Rooms): string {
  const parts = path.split(".");
  return parts.map((id, i) => (i < parts.length - 1 ? `${id}[${rooms[i] ?? 0}]` : id)).join("/");
}

/** A node's own step in these rooms, or in the first where it has one. */
export function stepAt(steps: ByPath, path: Path, rooms: Rooms): Step | undefined {
  const all = (steps.get(path) ?? []).filter(({ own }) => own);
  return (all.find((one) => one.rooms.every((room, i) => room === (rooms[i] ?? 0))) ?? (rooms.length ? undefined : all[0]))?.step;
}

/** What waits for a node's own step while that is not there: an approval, a pause. */
export function waitingAt(steps: ByPath, path: Path, rooms: Rooms): Step | undefined {
  return (steps.get(path) ?? []).find((one) => !one.own && one.rooms.every((room, i) => room === (rooms[i] ?? 0)))?.step;
}

/** The rooms of a frame that something happened in, within the rooms around it. */
export function roomsOf(flow: Flow, steps: ByPath, frame: Path, around: Rooms): number[] {
  const depth = frame.split(".").length - 1;
  const found = new Set<number>();
  for (const node of allNodes(nodeAt(flow, frame)?.nodes ?? [])) {
    for (const { rooms } of steps.get(node.path) ?? []) {
      if (around.every((room, i) => rooms[i] === room) && rooms[depth] !== undefined) found.add(rooms[depth]);
    }
  }
  return [...found].sort((a, b) => a - b);
}

const WORST = ["failed", "unknown", "running", "waiting", "pending", "done", "skipped"];

/** How each node went; a frame by all that is in it. */
export function wentOf(flow: Flow, steps: ByPath, over: boolean, now = Date.now()): Record<Path, Went> {
  const went: Record<Path, Went> = {};
  for (const node of allNodes(flow.nodes)) {
    const mine = node.kind === "block" ? (steps.get(node.path) ?? []) : allNodes([node]).flatMap(({ path }) => steps.get(path) ?? []);
    if (mine.length) went[node.path] = sumOf(mine, node.kind === "block", over, now);
  }
  return went;
}

function sumOf(mine: Mine[], one: boolean, over: boolean, now: number): Went {
  const all = mine.map(({ step }) => step);
  const results = one ? mine.filter(({ own }) => own).map(({ step }) => step) : all;
  const starts = all.flatMap(({ started_at }) => (started_at ? [Date.parse(started_at)] : []));
  const ends = all.flatMap(({ ended_at }) => (ended_at ? [Date.parse(ended_at)] : []));
  const ended = ends.length === all.length || over;
  return {
    status: WORST.find((status) => all.some((step) => step.status === status)) ?? "pending",
    seconds: starts.length ? Math.max(0, (ended && ends.length ? Math.max(...ends) : now) - Math.min(...starts)) / 1000 : undefined,
    done: results.filter(({ status }) => status === "done" || status === "skipped").length,
    all: one ? new Set(mine.map(({ rooms }) => rooms.join())).size : results.length,
    cost: all.reduce((sum, { usage }) => sum + usage.cost_usd, 0),
  };
}
