// Above every view: what it is, which view, steps back and forth, and what is not saved yet.
import { Redo2, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, Head } from "@/ui";
import type { Workflow } from "./queries";
import { SaveBar } from "./save";
import { useStudio } from "./state";
import { type Go, type View, VIEWS } from "./views";

export function Bar({ workflow, view, go }: { workflow: Workflow | null; view: View; go: Go }) {
  const { t } = useTranslation();
  const { flow, undo, redo, canUndo, canRedo, mayWrite } = useStudio();
  const views = workflow ? VIEWS : VIEWS.slice(0, 3);
  return (
    <div className="shrink-0 border-b bg-panel">
      <Head title={flow.title || flow.name}>
        {mayWrite && (
          <div className="flex items-center">
            <Button kind="quiet" className="px-2" aria-label={t("canvas.undo")} title={t("workflows.undoKey")} disabled={!canUndo} onClick={undo}>
              <Undo2 aria-hidden size={16} />
            </Button>
            <Button kind="quiet" className="px-2" aria-label={t("canvas.redo")} title={t("workflows.redoKey")} disabled={!canRedo} onClick={redo}>
              <Redo2 aria-hidden size={16} />
            </Button>
          </div>
        )}
        <SaveBar />
      </Head>
      <nav aria-label={t("workflows.views")} className="flex gap-1 overflow-x-auto px-4 md:px-6">
        {views.map((one) => (
          <button key={one} type="button" aria-current={one === view ? "page" : undefined} onClick={() => go({ view: one })} className="min-h-9 border-b-2 border-transparent px-3 text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink">
            {t(`workflows.view.${one}`)}
          </button>
        ))}
      </nav>
    </div>
  );
}
