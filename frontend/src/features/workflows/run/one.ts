import { useCallback } from "react";
import type { Node } from "../model/types";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { scopeOf } from "./scope";

/** Runs one node on what those it needs gave last, or on what is pinned for them. */
export function useRunOne(node: Node | undefined): () => void {
  const { data, start, roomsAt, run, input, pins } = useBench();
  const { edges } = useStudio();
  return useCallback(() => {
    if (!node || node.frame) return;
    const needed = edges.filter(({ to }) => to === node.path || to.startsWith(`${node.path}.`)).map(({ from }) => from).filter((from) => !from.includes("."));
    void scopeOf(data, node.path, roomsAt(node.path), needed).then((scope) => {
      const outputs = Object.fromEntries(needed.filter((id) => scope[id] !== undefined).map((id) => [id, scope[id]]));
      const inside = Object.fromEntries(Object.entries(pins).filter(([key]) => key.startsWith(`${node.id}[`)));
      start({ only: node.id, outputs: { ...inside, ...outputs } as never, input: (run?.input ?? input) as never });
    });
  }, [node, data, start, roomsAt, run, input, pins, edges]);
}
