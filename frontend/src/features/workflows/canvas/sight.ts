// Where things are as somebody sees them.
import type { Place } from "../model/types";
import { type Drawn, NOTE, type Went } from "./data";

export function inSight({ x, y, zoom }: { x: number; y: number; zoom: number }, stage: HTMLElement | null, box: { x: number; y: number; width: number }): boolean {
  const [left, top] = [box.x * zoom + x, box.y * zoom + y];
  return left >= 0 && top >= 0 && left + Math.min(box.width, 240) * zoom <= (stage?.clientWidth ?? 0) && top + 84 * zoom <= (stage?.clientHeight ?? 0);
}

export function centreOf(toFlow: (at: { x: number; y: number }) => { x: number; y: number }, stage: HTMLElement | null): Place {
  const corner = stage?.getBoundingClientRect();
  const { x, y } = toFlow({ x: (corner?.left ?? 0) + (corner?.width ?? 0) / 2, y: (corner?.top ?? 0) + (corner?.height ?? 0) / 3 });
  return [Math.round(x), Math.round(y)];
}

const COLOURS: Record<string, string> = { done: "var(--done)", failed: "var(--failed)", running: "var(--running)", waiting: "var(--review)", unknown: "var(--unknown)" };

export function colourOf({ id, data }: Drawn): string {
  if (id.startsWith(NOTE)) return "var(--review)";
  return COLOURS[(data as { went?: Went }).went?.status ?? ""] ?? "var(--edge, var(--muted))";
}
