import type { Path } from "../model/types";

/** The node a JSON pointer leads into: `/nodes/each/nodes/sort/with/text` is `each.sort`. */
export function nodePath(pointer: string): Path {
  const parts = pointer.split("/").slice(1);
  const ids: string[] = [];
  for (let i = 0; parts[i] === "nodes" && parts[i + 1] !== undefined; i += 2) ids.push(parts[i + 1] as string);
  return ids.join(".");
}
