// Which node is next in a direction; boxes as seen from the canvas. Pure.
import type { Path } from "../model/types";
import type { Box, Boxes } from "./layout";

export type Way = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

/** Boxes with their corners as the canvas sees them. */
export function absolute(boxes: Boxes): Boxes {
  const found: Boxes = {};
  for (const path of Object.keys(boxes).sort((a, b) => a.length - b.length)) {
    const box = boxes[path] as Box;
    const around = found[path.slice(0, Math.max(path.lastIndexOf("."), 0))];
    found[path] = around ? { ...box, x: box.x + around.x, y: box.y + around.y } : box;
  }
  return found;
}

/** The nearest in that direction; what lies aside counts double. */
export function nextTo(path: Path, way: Way, boxes: Boxes): Path | undefined {
  const here = boxes[path];
  if (!here) return Object.keys(boxes)[0];
  const [upright, sign] = [way === "ArrowUp" || way === "ArrowDown", way === "ArrowUp" || way === "ArrowLeft" ? -1 : 1];
  let best: [Path, number] | undefined;
  for (const [other, box] of Object.entries(boxes)) {
    if (other === path) continue;
    const [dx, dy] = [middle(box).x - middle(here).x, middle(box).y - middle(here).y];
    const [along, aside] = upright ? [dy * sign, Math.abs(dx)] : [dx * sign, Math.abs(dy)];
    if (along <= 4 || aside > along * 3 + 60) continue;
    const far = along + aside * 2;
    if (!best || far < best[1]) best = [other, far];
  }
  return best?.[0];
}

/** Of a frame its head, of a card its middle: a frame is above what is in it. */
function middle({ x, y, width, height }: Box): { x: number; y: number } {
  return { x: x + width / 2, y: y + Math.min(height / 2, 42) };
}
