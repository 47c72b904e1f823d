// What the check found, below every view; a line leads to its node, and in the text to its line.
import { ChevronDown, ChevronUp, CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/definitions";
import { Problems } from "@/ui/problems";
import { nodePath } from "./canvas/problems";
import { nodeAt } from "./model/read";
import { useStudio } from "./state";
import type { Go } from "./views";

export function Found({ go }: { go: Go }) {
  const { t } = useTranslation();
  const { problems, wrong, flow, select, lookAt } = useStudio();
  const [open, setOpen] = useState(false);
  const all = wrong && !problems.length ? [{ path: "", code: "bad_yaml", hint: "", ...wrong }] : problems;
  const jump = (problem: Problem) => {
    const path = nodePath(problem.path);
    if (nodeAt(flow, path)) select([path]);
    else go({ view: "split" });
    lookAt(problem.line ?? 1);
  };
  const said = all.length ? t("canvas.problems", { count: all.length }) : t("definition.noProblems");
  const Way = open ? ChevronDown : ChevronUp;
  return (
    <section aria-label={t("workflows.found")} className="sticky bottom-0 z-10 shrink-0 border-t bg-panel md:static">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex min-h-8 w-full items-center gap-1.5 px-4 text-start text-sm hover:bg-hover md:px-6">
        {all.length ? <CircleX aria-hidden size={15} className="text-failed" /> : <CircleCheck aria-hidden size={15} className="text-done" />}
        <span aria-live="polite" className="flex-1">{said}</span>
        <Way aria-hidden size={15} />
      </button>
      {open && (
        <div className="max-h-40 overflow-y-auto px-4 pb-2 md:px-6">
          <Problems of={all} jump={jump} />
        </div>
      )}
    </section>
  );
}
