// One field that finds places and things, by keyboard alone.
import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { PLACES } from "./nav";

interface Entry {
  key: string;
  title: string;
  kind: string;
  go: () => void;
}

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(next) => next || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 bg-black/20" />
        <Dialog.Popup className="fixed top-[12vh] left-1/2 w-140 max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-float">
          <Finder onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const found = useEntries(onClose).filter(({ title }) => title.toLowerCase().includes(words.trim().toLowerCase()));
  const at = Math.min(chosen, found.length - 1);
  const move = (by: number) => setChosen((at + by + found.length) % Math.max(found.length, 1));
  return (
    <>
      <Dialog.Title className="sr-only">{t("shell.search")}</Dialog.Title>
      <input
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found[at] && `${list}-${found[at].key}`}
        aria-label={t("shell.search")}
        autoFocus
        value={words}
        placeholder={t("palette.placeholder")}
        className="w-full border-b bg-transparent px-4 py-3 outline-none"
        onChange={(event) => {
          setWords(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(1);
          else if (event.key === "ArrowUp") move(-1);
          else if (event.key === "Enter") found[at]?.go();
          else return;
          event.preventDefault();
        }}
      />
      <ul id={list} role="listbox" aria-label={t("shell.search")} className="max-h-80 overflow-auto p-1.5">
        {found.map((entry, i) => (
          <li
            key={entry.key}
            id={`${list}-${entry.key}`}
            role="option"
            aria-selected={i === at}
            onClick={entry.go}
            onPointerMove={() => setChosen(i)}
            className="flex min-h-9 cursor-pointer items-center justify-between rounded-md px-2.5 aria-selected:bg-hover"
          >
            <span className="truncate">{entry.title}</span>
            <span className="text-sm text-muted">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pb-4 text-muted">{t("palette.nothing")}</p>}
    </>
  );
}

function useEntries(onClose: () => void): Entry[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return PLACES.map(({ to, name }) => ({
    key: name,
    title: t(`places.${name}`),
    kind: t("palette.place"),
    go: () => {
      onClose();
      void navigate({ to });
    },
  }));
}
