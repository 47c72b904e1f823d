// Which node is next in a direction; boxes as seen from the canvas. Pure.
import type { Path } from "../model/types";
import { type Box, type Boxes, CARD } from "./layout";

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

const AROUND = 48; // pixels left free around what is shown
const LEAST = 0.4; // the zoom below which nothing could be read

/** Where a canvas opens: all of it in the middle, or where that would be too small, its beginning. */
export function openingOf(boxes: Box[], width: number, height: number): { x: number; y: number; zoom: number } {
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))];
  const [wide, high] = [Math.max(...boxes.map(({ x, width }) => x + width)) - left, Math.max(...boxes.map(({ y, height }) => y + height)) - top];
  const zoom = Math.min(1, (width - AROUND) / wide, (height - AROUND) / high);
  if (zoom >= LEAST || width < 2 * CARD.width) return { zoom: Math.max(zoom, 0.1), x: (width - wide * zoom) / 2 - left * zoom, y: (height - high * zoom) / 2 - top * zoom };
  const first = boxes.reduce((a, b) => (b.y < a.y ? b : a));
  return { zoom: 1, x: width / 2 - first.x - first.width / 2, y: AROUND - first.y };
}

/** The nearest in that direction; what lies aside of it counts double. */
export function nextTo(path: Path, way: Way, boxes: Boxes): Path | undefined {
  const from = boxes[path];
  if (!from) return Object.keys(boxes)[0];
  const here = headOf(from);
  const [upright, sign] = [way === "ArrowUp" || way === "ArrowDown", way === "ArrowUp" || way === "ArrowLeft" ? -1 : 1];
  let best: [Path, number] | undefined;
  for (const [other, given] of Object.entries(boxes)) {
    if (other === path || (!upright && path.startsWith(`${other}.`))) continue;
    const box = headOf(given);
    const [along, gap, off] = upright
      ? [(middle(box).y - middle(here).y) * sign, between(box.x, box.width, here.x, here.width), Math.abs(middle(box).x - middle(here).x)]
      : [(middle(box).x - middle(here).x) * sign, between(box.y, box.height, here.y, here.height), Math.abs(middle(box).y - middle(here).y)];
    if (along <= 4 || gap > along * 2) continue;
    const far = along + gap * 2 + off * 0.1;
    if (!best || far < best[1]) best = [other, far];
  }
  return best?.[0];
}

/** Of a frame its head: it is above what is in it. */
function headOf(box: Box): Box {
  return { ...box, height: Math.min(box.height, CARD.height) };
}

function middle({ x, y, width, height }: Box): { x: number; y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}

/** What lies between two stretches; nothing where they overlap. */
function between(a: number, long: number, b: number, wide: number): number {
  return Math.max(0, Math.max(a, b) - Math.min(a + long, b + wide));
}
