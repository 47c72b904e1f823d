// The values that a node's expressions see, by the data of a run.
import { api, body } from "@/api/client";
import type { Run } from "@/api/runs";
import { framesAround, sees } from "../canvas/graph";
import { allNodes } from "../model/read";
import type { Flow, Node, Path } from "../model/types";
import type { Pins } from "./pins";
import { type ByPath, keyOf, type Rooms, roomsOf, stepAt } from "./steps";

export type Scope = Record<string, unknown>;

export interface Data {
  flow: Flow;
  run?: Run;
  steps: ByPath;
  pins: Pins;
  input: unknown;
}

const MOST_ROOMS = 20; // passes of a frame whose output is put together for a preview

const asked = new Map<string, Promise<unknown>>();
const MOST_ASKED = 300;

/** What a text gives on these values. The same question is asked once. */
export function evaluate(text: string, scope: Scope): Promise<unknown> {
  const key = JSON.stringify([text, scope]);
  const known = asked.get(key);
  if (known) return known;
  const answer = body(api.POST("/api/v1/expressions", { body: { text, scope: scope as never } })).then(({ value }) => value);
  answer.catch((wrong) => (wrong as { status?: number }).status === 422 || asked.delete(key));
  asked.set(key, answer);
  if (asked.size > MOST_ASKED) asked.delete(asked.keys().next().value as string);
  return answer;
}

/** What a text or a value of texts may name, of what there is: less to send, and the same question keeps its name. */
export function named(value: unknown, scope: Scope): Scope {
  const words = wordsOf(value);
  return Object.fromEntries(Object.entries(scope).filter(([name, known]) => words.has(name) && known !== undefined));
}

function wordsOf(value: unknown): Set<string> {
  return new Set(JSON.stringify(value ?? "").match(/[a-z_][a-z0-9_]*/g));
}

/** What is known without asking: the input, and what block nodes in sight gave in these rooms. */
export function plainScope({ flow, steps, pins, input, run }: Data, path: Path, rooms: Rooms): Scope {
  const scope: Scope = { input, run: { id: run?.id ?? "", dry_run: run?.dry_run ?? false, workflow: flow.name } };
  for (const node of allNodes(flow.nodes)) {
    const around = node.frame === "" ? 0 : node.frame.split(".").length;
    if (node.kind !== "block" || !sees(node, path)) continue;
    const value = valueOf(steps, pins, node.path, rooms.slice(0, around));
    if (value !== undefined) scope[node.id] = value;
  }
  return scope;
}

/** A node's output as others see it: pinned, given, `{}` where it was skipped, `{error}` where it failed and the run went on. */
export function valueOf(steps: ByPath, pins: Pins, path: Path, rooms: Rooms): unknown {
  const key = keyOf(path, rooms);
  if (key in pins) return pins[key];
  const step = stepAt(steps, path, rooms);
  if (!step) return undefined;
  if (step.status === "skipped") return {};
  if (step.error) return { error: step.error };
  return step.status === "done" ? (step.output ?? undefined) : undefined;
}

/** All that a node sees: `item`, `previous` and `index` of its room, and frames beside it by their outputs. */
export async function scopeOf(data: Data, path: Path, rooms: Rooms, wants: unknown): Promise<Scope> {
  const wanted = wordsOf(wants);
  let scope = plainScope(data, path, rooms);
  for (const [depth, frame] of framesAround(data.flow, path).reverse().entries()) {
    const here = rooms.slice(0, depth + 1);
    scope = { ...scope, index: here[depth] ?? 0, ...(frame.kind === "each" ? await itemOf(data.flow, frame, scope, here) : {}) };
    if (frame.kind === "loop" && wanted.has("previous")) scope.previous = await previousOf(data, frame, here);
  }
  for (const node of allNodes(data.flow.nodes)) {
    if (node.kind === "block" || !wanted.has(node.id) || !sees(node, path)) continue;
    scope[node.id] = await frameValue(data, node, rooms.slice(0, node.path.split(".").length - 1));
  }
  return scope;
}

async function itemOf(flow: Flow, frame: Node, outer: Scope, rooms: Rooms): Promise<Scope> {
  const items = (frame.body.each as { items?: unknown } | undefined)?.items;
  const scope = named(items, outer);
  const words = wordsOf(items);
  const open = ["input", "item", "previous", "index", ...allNodes(flow.nodes).map(({ id }) => id)].some((name) => words.has(name));
  const list = typeof items !== "string" ? items : Object.keys(scope).length || !open ? await evaluate(items, scope).catch(() => undefined) : undefined;
  const item: unknown = Array.isArray(list) ? list[rooms.at(-1) ?? 0] : undefined;
  return item === undefined ? {} : { item };
}

function previousOf(data: Data, loop: Node, rooms: Rooms): Promise<unknown> {
  const room = rooms.at(-1) ?? 0;
  return room > 0 ? passValue(data, loop, [...rooms.slice(0, -1), room - 1]) : Promise.resolve(null);
}

/** An `each` as the list of its outputs, a `loop` as its last. */
async function frameValue(data: Data, frame: Node, around: Rooms): Promise<unknown> {
  const rooms = roomsOf(data.flow, data.steps, frame.path, around);
  if (frame.kind === "loop") return rooms.length ? passValue(data, frame, [...around, rooms.at(-1) as number]) : undefined;
  return Promise.all(rooms.slice(0, MOST_ROOMS).map((room) => passValue(data, frame, [...around, room])));
}

/** What one pass of a frame gave: its `output`, on what its nodes gave. */
async function passValue(data: Data, frame: Node, rooms: Rooms): Promise<unknown> {
  const output = frame.body.output;
  const inside = await scopeOf(data, `${frame.path}._`, rooms, output);
  return evaluate(`{{ ${expressionOf(output)} }}`, named(output, inside)).catch(() => null);
}

/** A template of many texts as the one expression that gives it. */
export function expressionOf(value: unknown): string {
  if (typeof value === "string") {
    const [, whole] = /^\{\{((?:(?!\}\}).)*)\}\}$/s.exec(value.trim()) ?? [];
    return whole === undefined || whole.includes("{{") ? JSON.stringify(value) : `(${whole.trim()})`;
  }
  if (Array.isArray(value)) return `[${value.map(expressionOf).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${expressionOf(one)}`).join(", ")}}`;
  return JSON.stringify(value ?? null);
}

/** Where a node's frame has rooms, those to choose from, for each frame around it. */
export function choicesOf(data: Data, path: Path, rooms: Rooms): { frame: Node; all: number[] }[] {
  return framesAround(data.flow, path).reverse().map((frame, depth) => ({ frame, all: roomsOf(data.flow, data.steps, frame.path, rooms.slice(0, depth)) }));
}
