import { useReactFlow } from "@xyflow/react";
import { type LucideIcon, Maximize, Minus, Plus, StickyNote, Workflow, ZoomIn } from "lucide-react";
import { useTranslation } from "react-i18next";

/** What can be done without anything being selected. */
export function Toolbar({ add, note, tidy, readOnly }: { add: () => void; note: () => void; tidy: () => void; readOnly: boolean }) {
  const { t } = useTranslation();
  const view = useReactFlow();
  return (
    <div role="toolbar" aria-label={t("canvas.tools")} className="nopan absolute start-3 bottom-3 z-10 flex gap-0.5 rounded-md border bg-raised p-0.5 shadow-float">
      {!readOnly && (
        <>
          <Tool icon={Plus} label={t("canvas.add")} keys="Tab" press={add} />
          <Tool icon={StickyNote} label={t("canvas.addNote")} press={note} />
          <Tool icon={Workflow} label={t("canvas.tidy")} press={tidy} />
          <span aria-hidden className="mx-1 w-px bg-line" />
        </>
      )}
      <Tool icon={Minus} label={t("canvas.zoomOut")} press={() => void view.zoomOut()} />
      <Tool icon={ZoomIn} label={t("canvas.zoomIn")} press={() => void view.zoomIn()} />
      <Tool icon={Maximize} label={t("canvas.fit")} press={() => void view.fitView({ padding: 0.12, maxZoom: 1 })} />
    </div>
  );
}

function Tool({ icon: Icon, label, keys, press }: { icon: LucideIcon; label: string; keys?: string; press: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
      onClick={press}
      className="grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink disabled:opacity-40"
    >
      <Icon aria-hidden size={16} />
    </button>
  );
}
