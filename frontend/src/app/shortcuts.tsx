// Keys that work everywhere.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PLACES } from "./nav";

const WRITING = "input, textarea, select, [contenteditable=true], [data-writing]";

/** Ctrl/Cmd+K opens the palette, ? the list, g and a letter a place; nothing while somebody writes. */
export function useShortcuts(open: (what: "palette" | "shortcuts") => void): void {
  const navigate = useNavigate();
  const before = useRef("");
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open("palette");
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest?.(WRITING)) return;
      if (event.key === "?") open("shortcuts");
      const place = before.current === "g" && PLACES.find(({ key }) => key === event.key);
      if (place) void navigate({ to: place.to });
      before.current = event.key;
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate, open]);
}
