// The keys of the canvas.
import type { KeyboardEvent } from "react";
import type { Path, Place } from "../model/types";
import type { Actions } from "./actions";
import { type Boxes, GRID } from "./layout";
import { nextTo, type Way } from "./steer";

export interface Hands {
  act: Actions;
  selected: string[]; // notes and wires too
  boxes: Boxes; // as seen from the canvas
  own: Boxes; // as seen from the frames
  readOnly: boolean;
  select: (paths: Path[]) => void;
  focus: (path: Path) => void;
  open: () => void; // the panel of what is selected
  add: () => void;
  connect: () => void;
  run: () => void;
  undo: () => void;
  redo: () => void;
  duplicate: () => void;
  all: () => void;
  leave: () => void;
}

const WRITING = "input, textarea, select, [contenteditable=true]";
const WAYS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const STEPS: Record<string, Place> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export function press(event: KeyboardEvent, hands: Hands): void {
  if ((event.target as Element).closest(WRITING) || (event.target as Element).closest("[role=dialog]")) return;
  if (taken(event, hands)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function taken(event: KeyboardEvent, hands: Hands): boolean {
  const { key, shiftKey } = event;
  const control = event.ctrlKey || event.metaKey;
  const onButton = (event.target as Element).tagName === "BUTTON";
  if (control) return withControl(key.toLowerCase(), shiftKey, hands);
  if (WAYS.has(key)) return event.altKey ? nudge(key, shiftKey, hands) : steer(key as Way, shiftKey, hands);
  if (event.altKey || (onButton && (key === "Enter" || key === "Tab" || key === " "))) return false;
  if (key === "Enter") return hands.selected.length ? done(hands.open) : false;
  if (key === "Escape") return done(hands.leave);
  if (hands.readOnly) return false;
  if (key === "Tab") return !shiftKey && hands.selected.length ? done(hands.add) : false;
  if (key === "+") return done(hands.add);
  if (key === "c") return hands.selected.length === 1 ? done(hands.connect) : false;
  if (key === "Delete" || key === "Backspace") return done(() => hands.act.remove(hands.selected));
  return false;
}

function withControl(key: string, shift: boolean, hands: Hands): boolean {
  if (key === "enter") return done(hands.run);
  if (key === "a") return done(hands.all);
  if (hands.readOnly) return false;
  if (key === "z") return done(shift ? hands.redo : hands.undo);
  if (key === "y") return done(hands.redo);
  if (key === "d") return done(hands.duplicate);
  return false;
}

function done(act: () => void): true {
  act();
  return true;
}

/** To the node that lies that way; with Shift it is added to what is selected. */
function steer(way: Way, more: boolean, { selected, boxes, select, focus }: Hands): boolean {
  const next = nextTo(selected.filter((id) => boxes[id]).at(-1) ?? "", way, boxes);
  if (!next) return true;
  select(more ? [...selected.filter((id) => boxes[id] && id !== next), next] : [next]);
  focus(next);
  return true;
}

/** What is selected itself moves: a step of the grid, with Shift five. */
function nudge(key: string, far: boolean, { selected, own, act, readOnly }: Hands): boolean {
  const [dx, dy] = (STEPS[key] as Place).map((by) => by * GRID * (far ? 5 : 1)) as Place;
  const moved = Object.fromEntries(selected.flatMap((id) => (own[id] ? [[id, [own[id].x + dx, own[id].y + dy] as Place]] : [])));
  if (!readOnly && Object.keys(moved).length) act.move(moved);
  return true;
}
