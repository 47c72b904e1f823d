import type { Path } from "./model/types";

/** To a node's row, once it is drawn. */
export function focusRow(path: Path | undefined, tries = 30): void {
  const row = path && document.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
  if (row) row.focus();
  else if (path && tries) requestAnimationFrame(() => focusRow(path, tries - 1));
}

export const PANEL = "studio-panel"; // the panel of what is selected

/** To the first field of the panel, once it is drawn. */
export function focusPanel(): void {
  requestAnimationFrame(() => {
    const panel = document.getElementById(PANEL);
    const field = panel?.querySelector<HTMLElement>("section textarea, section input, section select") ?? panel?.querySelector<HTMLElement>("section button");
    field?.focus();
  });
}
