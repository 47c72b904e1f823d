import type { KeyboardEvent } from "react";
import { useStudio } from "./state";

const WRITING = "input, textarea, select, [contenteditable=true]";

/** Undo and redo wherever one is in the studio; a field that is being written undoes by itself. */
export function useKeys(): (event: KeyboardEvent) => void {
  const { undo, redo } = useStudio();
  return (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    if ((event.target as Element).closest(WRITING)) return;
    else if (key === "z") (event.shiftKey ? redo : undo)();
    else if (key === "y") redo();
    else return;
    event.preventDefault();
  };
}
