// Search to add, at the end of a frame.
import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import { Finder } from "@/ui/finder";
import { useKinds } from "./canvas/add";
import { added } from "./canvas/wiring";
import { useChange } from "./change";
import { focusRow } from "./focus";
import type { Node, Path } from "./model/types";
import { useBench } from "./run/bench";
import { useStudio } from "./state";

export function AddHere({ frame, nodes }: { frame: Path; nodes: Node[] }) {
  const { t } = useTranslation();
  const { flow, select, readOnly } = useStudio();
  const { blocks } = useBench();
  const { change, said } = useChange();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const last = nodes.at(-1);
  const kinds = useKinds(blocks, (kind) => {
    setOpen(false);
    let made: Path | undefined;
    change(t("canvas.did.add"), (text) => {
      const next = added(text, flow, blocks, kind, { frame, from: last && { path: last.path } });
      made = next.path;
      return next.text;
    });
    if (!made) return;
    select([made]);
    focusRow(made);
  });
  if (readOnly) return null;
  const close = () => (setOpen(false), requestAnimationFrame(() => button.current?.focus()));
  return (
    <>
      <Button ref={button} kind="quiet" className="text-sm text-muted" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Plus aria-hidden size={14} />
        {frame ? t("workflows.addIn", { of: frame }) : t("canvas.add")}
      </Button>
      <span role="status" className="sr-only">{said}</span>
      {open && (
        <div className="max-w-md overflow-hidden rounded-lg border bg-raised">
          <Finder label={t("canvas.add")} placeholder={t("canvas.addSearch")} nothing={t("canvas.addNothing")} of={kinds} close={close} />
        </div>
      )}
    </>
  );
}
