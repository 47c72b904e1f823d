// The text itself, with its problems where they are.
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import Code, { type CodeHandle } from "@/ui/code";
import { useStudio } from "./state";
import { TYPED } from "./views";

export default function TextView() {
  const { t } = useTranslation();
  const { text, apply, undo, redo, problems, wrong, mayWrite, looked } = useStudio();
  const editor = useRef<CodeHandle>(null);
  const steps = useMemo(() => ({ undo, redo }), [undo, redo]);
  const shown = useMemo(() => (wrong ? [wrong] : problems), [wrong, problems]);
  useEffect(() => {
    if (looked) editor.current?.jump(looked.line);
  }, [looked]);
  return (
    <div className="h-[70dvh] min-h-80 md:h-full">
      <Code handle={editor} label={t("workflows.text")} value={text} problems={shown} steps={steps} readOnly={!mayWrite} onChange={(next) => apply(() => next, "", TYPED)} />
    </div>
  );
}
