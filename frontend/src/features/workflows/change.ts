// Edits that may be refused, with what is said of them.
import { useCallback, useState } from "react";
import { NotEditable } from "./model/types";
import { useStudio } from "./state";

/** `change` says whether the text was changed; quick changes with the same `together` are one step of undo; `said` is the label of the last edit, or why it could not be made. */
export function useChange() {
  const { apply, readOnly } = useStudio();
  const [said, say] = useState("");
  const change = useCallback(
    (label: string, edit: (text: string) => string, together?: string): boolean => {
      if (readOnly) return false;
      try {
        apply(edit, label, together);
        say(label);
        return true;
      } catch (wrong) {
        if (!(wrong instanceof NotEditable)) throw wrong;
        say(wrong.message);
        return false;
      }
    },
    [apply, readOnly],
  );
  return { change, said, say };
}
