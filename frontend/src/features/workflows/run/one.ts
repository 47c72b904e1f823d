import { useCallback } from "react";
import { framesAround, inSight } from "../canvas/graph";
import { isWithin } from "../model/read";
import type { Flow, Node } from "../model/types";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { named, type Scope, scopeOf } from "./scope";
import { keyOf, type Rooms } from "./steps";

/** Runs one node, as the pass that is looked at plays it, on what those it needs gave last, or on what is pinned for them. */
export function useRunOne(node: Node | undefined): () => void {
  const { data, flow, start, roomsAt, run, input, pins } = useBench();
  const { edges } = useStudio();
  return useCallback(() => {
    if (!node) return;
    const rooms = roomsAt(node.path);
    const key = keyOf(node.path, rooms);
    const before = edges.filter(({ to }) => isWithin(to, node.path)).map(({ from }) => from);
    const near = inSight(flow, node.path, edges);
    const wants = [node.body, near.filter(({ path }) => before.includes(path)).map(({ id }) => id)];
    void scopeOf(data, node.path, rooms, wants).then((scope) => {
      const inside = Object.fromEntries(Object.entries(pins).filter(([pinned]) => pinned.startsWith(`${key}[`)));
      const outputs = { ...inside, ...outputsOf(flow, node, rooms, near, named(wants, scope)) };
      start({ only: key, outputs: outputs as never, input: (run?.input ?? input) as never });
    });
  }, [node, data, flow, start, roomsAt, run, input, pins, edges]);
}

/** What the node sees, by the keys of the steps that gave it; `item` and `previous` by the pass that they are of. */
export function outputsOf(flow: Flow, { path }: Node, rooms: Rooms, near: Node[], scope: Scope): Record<string, unknown> {
  const keys = new Map(near.map((one) => [one.id, keyOf(one.path, rooms)]));
  for (const { kind, path: frame } of framesAround(flow, path).reverse()) keys.set(kind === "each" ? "item" : "previous", keyOf(`${frame}.${kind === "each" ? "item" : "previous"}`, rooms));
  return Object.fromEntries([...keys].flatMap(([name, key]) => (scope[name] === undefined ? [] : [[key, scope[name]]])));
}
