// What is being written: kept in this browser until it is saved, so that no edit is lost.
import { useState } from "react";

interface Draft {
  base: number;
  text: string;
}

function find(key: string): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

/** The text, the version that it was begun from, and how to change it; `drop` goes back to what is kept, `rebase` puts it on top. */
export function useDraft(id: string, kept: { version: number; text: string }) {
  const key = `troupe.draft.agent.${id}`;
  const [draft, setDraft] = useState<Draft | null>(() => find(key));
  const text = draft?.text ?? kept.text;
  const write = (next: string) => {
    const made = { base: draft?.base ?? kept.version, text: next };
    const same = next === kept.text && made.base === kept.version;
    setDraft(same ? null : made);
    if (same) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(made));
  };
  const drop = () => {
    setDraft(null);
    localStorage.removeItem(key);
  };
  const rebase = () => {
    const made = { base: kept.version, text };
    setDraft(made);
    localStorage.setItem(key, JSON.stringify(made));
  };
  return { text, base: draft?.base ?? kept.version, unsaved: draft !== null, write, drop, rebase };
}
