// Nodes go to and come from the clipboard as text.
import type { ClipboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Path } from "../model/types";
import { useStudio } from "../state";
import type { Actions } from "./actions";

export function useClipboard(act: Actions, focus: (path: Path) => void, readOnly: boolean) {
  const { t } = useTranslation();
  const { text, selected } = useStudio();
  const copied = (event: ClipboardEvent, cut: boolean) => {
    if (isWriting(event) || !selected.length) return;
    event.clipboardData.setData("text/plain", act.copy(text, selected));
    event.preventDefault();
    act.say(t("canvas.did.copy", { count: selected.length }));
    if (cut) act.remove(selected);
  };
  const pasted = (event: ClipboardEvent) => {
    const given = event.clipboardData.getData("text/plain");
    if (isWriting(event) || !/^nodes:/m.test(given)) return;
    event.preventDefault();
    const [made] = act.paste(given, selected.at(-1));
    if (made) focus(made);
  };
  return { onCopy: (event: ClipboardEvent) => copied(event, false), onCut: (event: ClipboardEvent) => copied(event, !readOnly), onPaste: pasted };
}

function isWriting(event: ClipboardEvent): boolean {
  return Boolean((event.target as Element).closest("input, textarea"));
}
