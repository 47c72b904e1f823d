// What is being written: kept in this browser until it is saved, so that no edit is lost.
import { useState } from "react";

/** A text, and the version that it was begun from. */
export interface Draft {
  base: number;
  text: string;
}

export const placeOf = (key: string) => `troupe.draft.${key}`;

export function findDraft(key: string): Draft | null {
  try {
    const found = JSON.parse(localStorage.getItem(placeOf(key)) ?? "null") as Draft | null;
    return typeof found?.text === "string" && typeof found.base === "number" ? found : null;
  } catch {
    return null;
  }
}

/** Keep a draft, or forget it. A full or closed store loses nothing but this: the text stays in the page. */
export function keepDraft(key: string, draft: Draft | null): void {
  try {
    if (draft) localStorage.setItem(placeOf(key), JSON.stringify(draft));
    else localStorage.removeItem(placeOf(key));
  } catch {
    // nothing to be done
  }
}

/** The text, the version that it was begun from, and how to change it; `drop` goes back to what is kept, `rebase` puts it on top. */
export function useDraft(key: string, kept: { version: number; text: string }) {
  const [draft, setDraft] = useState<Draft | null>(() => findDraft(key));
  const text = draft?.text ?? kept.text;
  const put = (next: Draft | null) => (setDraft(next), keepDraft(key, next));
  const write = (next: string) => {
    const made = { base: draft?.base ?? kept.version, text: next };
    put(next === kept.text && made.base === kept.version ? null : made);
  };
  return { text, base: draft?.base ?? kept.version, unsaved: draft !== null, write, drop: () => put(null), rebase: () => put({ base: kept.version, text }) };
}
