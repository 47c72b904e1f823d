// What a card on the canvas is given.
import type { Node as FlowNode } from "@xyflow/react";
import type { Node, Note } from "../model/types";
import type { Block } from "./wiring";

/** How a node went in the run that is shown; a frame says what all in it came to. */
export interface Went {
  status: string;
  seconds?: number;
  done: number;
  all: number;
  cost: number;
}

/** What became of a node between two versions. */
export type Mark = "added" | "removed" | "changed";

export interface CardData extends Record<string, unknown> {
  node: Node;
  block?: Block;
  went?: Went;
  mark?: Mark;
  pinned: boolean;
  problems: number;
}
export interface NoteData extends Record<string, unknown> {
  note: Note;
}
export type Card = FlowNode<CardData, "card">;
export type Room = FlowNode<CardData, "frame">;
export type Paper = FlowNode<NoteData, "note">;
export type Drawn = Card | Room | Paper;

export const NOTE = "note:"; // before the id of a note, which no path begins with
