import { createContext } from "react";
import type { Note } from "../model/types";

export interface NotesOf {
  write: (id: string, text: string) => void;
  resize: (id: string, size: [number, number]) => void;
  readOnly: boolean;
}
export const Notes = createContext<NotesOf>({ write: () => {}, resize: () => {}, readOnly: true });

export const SIZE: [number, number] = [220, 110]; // pixels, where a note does not say

/** A new note at the end, under an id that is free. */
export function withNote(notes: Note[], at: [number, number], text = ""): Note[] {
  const taken = new Set(notes.map(({ id }) => id));
  let n = notes.length + 1;
  while (taken.has(`note_${n}`)) n++;
  return [...notes, { id: `note_${n}`, text, at }];
}
