import type { Path } from "./model/types";

/** To a node's row, once it is drawn. */
export function focusRow(path: Path | undefined, tries = 30): void {
  const row = path && document.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
  if (row) row.focus();
  else if (path && tries) requestAnimationFrame(() => focusRow(path, tries - 1));
}
