// Ids of nodes: which may be, and which are free.
import { allNodes } from "./read";
import type { Flow } from "./types";

const ID = /^[a-z][a-z0-9_]{0,62}$/;
const TAKEN = new Set([
  "input", "item", "index", "previous", "run", "has", "default",
  "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
  "let", "loop", "package", "namespace", "return", "var", "void", "while",
]);

/** An id for a new node, after what its block does: `ai.classify` is `classify`, or `classify_2`. */
export function freshId(flow: Flow, block: string): string {
  return fresh(block.slice(block.lastIndexOf(".") + 1), new Set(allNodes(flow.nodes).map(({ id }) => id)));
}

export function fresh(wish: string, taken: Set<string>): string {
  const base = wish.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^[^a-z]+/, "").slice(0, 56) || "node";
  if (isId(base) && !taken.has(base)) return base;
  const stem = base.replace(/_\d+$/, "");
  for (let n = 2; ; n++) if (!taken.has(`${stem}_${n}`)) return `${stem}_${n}`;
}

/** Whether a node may be called so. */
export function isId(name: string): boolean {
  return ID.test(name) && !TAKEN.has(name);
}
