// Two versions as one flow: what came and what changed stands where it is, what went where it was. Pure.
import { allNodes } from "../model/read";
import { same } from "../model/splice";
import type { Flow, Node, Path } from "../model/types";
import type { Mark } from "./data";
import type { Edge } from "./graph";

export interface Compared {
  flow: Flow;
  edges: Edge[];
  marks: Record<Path, Mark>;
}

interface Version {
  flow: Flow;
  edges: Edge[];
}

/** A frame has changed where something of its own has; what is in it says so itself. */
export function compared(before: Version, after: Version): Compared {
  const was = new Map(allNodes(before.flow.nodes).map((node) => [node.path, node]));
  const is = new Map(allNodes(after.flow.nodes).map((node) => [node.path, node]));
  const marks: Record<Path, Mark> = {};
  for (const [path, node] of is) {
    const old = was.get(path);
    if (!old) marks[path] = "added";
    else if (!same(own(old), own(node))) marks[path] = "changed";
  }
  for (const path of was.keys()) if (!is.has(path)) marks[path] = "removed";
  const nodes = joined(before.flow.nodes, after.flow.nodes);
  const known = new Set(Object.keys(marks).filter((path) => marks[path] === "removed"));
  const edges = [...after.edges, ...before.edges.filter(({ from, to }) => known.has(from) || known.has(to))];
  return { flow: { ...after.flow, nodes, places: { ...before.flow.places, ...after.flow.places } }, edges, marks };
}

function joined(before: Node[], after: Node[]): Node[] {
  const there = new Map(before.map((node) => [node.id, node]));
  const kept = after.map((node) => ({ ...node, nodes: joined(there.get(node.id)?.nodes ?? [], node.nodes) }));
  const ids = new Set(after.map(({ id }) => id));
  return [...kept, ...before.filter(({ id }) => !ids.has(id))];
}

function own({ body }: Node): Record<string, unknown> {
  return { ...body, nodes: undefined };
}
