// What lies under the pointer. Pure.
import { allNodes, frameOf, isWithin } from "../model/read";
import type { Flow, Path } from "../model/types";
import type { Boxes } from "./layout";

/** The field of a handle: `in:text` is text; a node's own ends have none. */
export function endOf(handle: string | null | undefined): string | undefined {
  return handle?.includes(":") ? handle.slice(handle.indexOf(":") + 1) || undefined : undefined;
}

/** The innermost frame at a place of the canvas, other than this one and what is in it; "" where there is none. */
export function roomAt(seen: Boxes, flow: Flow, { x, y }: { x: number; y: number }, but: Path): Path {
  const frames = allNodes(flow.nodes).filter(({ kind, path }) => kind !== "block" && !(but && isWithin(path, but)));
  const hit = frames.filter(({ path }) => {
    const box = seen[path];
    return box && x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
  });
  return hit.at(-1)?.path ?? "";
}

/** The frame for what is to follow a node: where it was let go, if the node is seen there, else the node's own. */
export function roomFor(from: Path, room: Path): Path {
  const own = frameOf(from);
  return !own || isWithin(room, own) ? room : own;
}
