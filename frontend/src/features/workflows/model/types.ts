// What a workflow's text says, as the views need it.

/** Ids of nodes from the outside in, joined by ".": `each_mail.sort`. "" is the top. */
export type Path = string;

export type Place = [x: number, y: number];

export interface Flow {
  name: string;
  title?: string;
  input?: object;
  output?: unknown;
  nodes: Node[];
  places: Record<Path, Place>;
  notes: Note[];
}

export interface Node {
  path: Path;
  id: string;
  frame: Path; // "" at the top
  kind: "block" | "each" | "loop";
  block?: string;
  body: Record<string, unknown>; // all of it, as values
  nodes: Node[];
  line: number; // from 1
}

/** A note on the canvas, kept under `view._notes`, which no node's id can be. */
export interface Note {
  id: string;
  text: string;
  at: Place;
  size?: [width: number, height: number];
}

export interface Wrong {
  line: number;
  column: number;
  message: string;
}

export type Keys = (string | number)[];

/** This place of the text cannot be changed by an edit; by hand it can. */
export class NotEditable extends Error {}
