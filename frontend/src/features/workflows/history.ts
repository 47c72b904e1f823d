// Undo and redo of a text: one line of steps for every view of it. Pure.
import type { Path } from "./model/types";

const TOGETHER = 1_000; // milliseconds within which edits of one place are one step
const MOST = 500;

export interface Step {
  text: string;
  selected: Path[];
}

export interface History {
  past: Step[];
  future: Step[];
  last: { together: string; at: number } | null; // the edit that may still grow
}

export const NOTHING: History = { past: [], future: [], last: null };

/** A change away from `before`. Edits of the same place (`together`) that follow quickly are one step. */
export function changed(history: History, before: Step, together: string, at: number): History {
  const grows = together !== "" && history.last?.together === together && at - history.last.at < TOGETHER && history.past.length > 0;
  const past = grows ? history.past : [...history.past, before].slice(-MOST);
  return { past, future: [], last: together ? { together, at } : null };
}

/** One step back from `now`: where that leads, or null at the beginning. */
export function back(history: History, now: Step): [History, Step] | null {
  const step = history.past.at(-1);
  return step ? [{ past: history.past.slice(0, -1), future: [...history.future, now], last: null }, step] : null;
}

export function forth(history: History, now: Step): [History, Step] | null {
  const step = history.future.at(-1);
  return step ? [{ past: [...history.past, now], future: history.future.slice(0, -1), last: null }, step] : null;
}
