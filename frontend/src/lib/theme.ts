import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const KEY = "troupe.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme {
  return (localStorage.getItem(KEY) as Theme | null) ?? "system";
}

function show(): void {
  const dark = chosen() === "dark" || (chosen() === "system" && system.matches);
  document.documentElement.classList.toggle("dark", dark);
  for (const tell of listeners) tell();
}
system.addEventListener("change", show);

/** The theme that was chosen, and how to choose another. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, chosen);
  return [
    theme,
    (next) => {
      localStorage.setItem(KEY, next);
      show();
    },
  ];
}
