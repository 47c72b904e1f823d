// What of a flow can refer to what. Pure.
import { allNodes, nodeAt } from "../model/read";
import type { Flow, Node, Path } from "../model/types";

export interface Edge {
  from: Path;
  to: Path;
  kind: "data" | "after";
}

/** The frames around a node, innermost first. */
export function framesAround(flow: Flow, path: Path): Node[] {
  const parts = path.split(".").slice(0, -1);
  return parts.map((_, i) => nodeAt(flow, parts.slice(0, i + 1).join("."))).filter((node) => node !== undefined).reverse();
}

/** Whether what stands at `to` can name what stands at `from`: it is beside it or beside a frame around it. */
export function sees(from: Node, to: Path): boolean {
  return from.path !== to && (from.frame === "" || to.startsWith(`${from.frame}.`)) && !to.startsWith(`${from.path}.`);
}

/** What depends on a node, through others and through frames too; the node itself is one of them. */
export function behind(path: Path, edges: Edge[]): Set<Path> {
  const found = new Set([path]);
  const todo = [path];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const { from, to } of edges) {
      if (at !== from && !at.startsWith(`${from}.`)) continue;
      for (const next of withFrames(to)) {
        if (found.has(next) || path.startsWith(`${next}.`)) continue;
        found.add(next);
        todo.push(next);
      }
    }
  }
  return found;
}

function withFrames(path: Path): Path[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

/** What a node may name: the nodes in sight that do not depend on it, nearest first. */
export function inSight(flow: Flow, path: Path, edges: Edge[]): Node[] {
  const later = behind(path, edges);
  return allNodes(flow.nodes)
    .filter((node) => sees(node, path) && !later.has(node.path))
    .sort((a, b) => b.frame.length - a.frame.length);
}

/** What is there by its place alone: `item` and `index` in an `each`, `previous` and `index` in a `loop`. */
export function boundAt(flow: Flow, path: Path): string[] {
  const [inner] = framesAround(flow, path);
  if (!inner) return ["input"];
  return [inner.kind === "each" ? "item" : "previous", "index", "input"];
}
