// A field that finds one of many, by keyboard alone: words, arrows, Enter, Escape.
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";

export interface Found {
  key: string;
  title: string;
  kind?: string; // said beside it
  group?: string; // said above the first of them, while nothing is searched for
  hint?: string;
  words?: string; // searched too
  icon?: ReactNode;
  choose: () => void;
}

export function Finder({ label, placeholder, nothing, of, close }: { label: string; placeholder: string; nothing: string; of: Found[]; close?: () => void }) {
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const found = useMemo(() => ranked(of, words), [of, words]);
  const at = Math.min(chosen, found.length - 1);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView?.({ block: "nearest" });
  }, [at]);
  const move = (by: number) => setChosen((at + by + found.length) % Math.max(found.length, 1));
  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[at] && `${id}-${found[at].key}`}
        aria-label={label}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={words}
        placeholder={placeholder}
        className="w-full border-b bg-transparent px-4 py-3 outline-none"
        onChange={(event) => {
          setWords(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(1);
          else if (event.key === "ArrowUp") move(-1);
          else if (event.key === "Enter") found[at]?.choose();
          else if (event.key === "Escape" && close) close();
          else return event.stopPropagation();
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label={label} className="max-h-80 overflow-auto p-1.5">
        {found.map((entry, i) => (
          <li
            key={entry.key}
            id={`${id}-${entry.key}`}
            role="option"
            aria-selected={i === at}
            onMouseDown={(event) => event.preventDefault()} // the field keeps the focus
            onClick={entry.choose}
            onPointerMove={() => setChosen(i)}
            className={`flex min-h-9 cursor-pointer flex-wrap items-center gap-x-2.5 rounded-md px-2.5 aria-selected:bg-hover ${entry.hint ? "py-1" : ""}`}
          >
            {!words && entry.group && entry.group !== found[i - 1]?.group && <span aria-hidden className="w-full pt-1.5 text-sm font-medium text-muted">{entry.group}</span>}
            {entry.icon}
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="truncate">{entry.title}</span>
              {entry.hint && <span className="truncate text-sm text-muted">{entry.hint}</span>}
            </span>
            <span className="shrink-0 text-sm text-muted">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pb-4 text-muted">{nothing}</p>}
    </>
  );
}

/** What holds all the words; first where the title begins with them, then where it holds them. */
export function ranked<T extends Pick<Found, "title" | "kind" | "hint" | "words" | "group">>(of: T[], words: string): T[] {
  const all = words.trim().toLowerCase();
  if (!all) return of;
  const parts = all.split(/\s+/);
  const rank = ({ title }: T) => (title.toLowerCase().startsWith(all) ? 0 : title.toLowerCase().includes(all) ? 1 : 2);
  return of
    .filter(({ title, kind, hint, words: more, group }) => {
      const text = [title, kind, hint, more, group].join(" ").toLowerCase();
      return parts.every((part) => text.includes(part));
    })
    .sort((a, b) => rank(a) - rank(b));
}
