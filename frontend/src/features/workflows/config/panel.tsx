// What is selected: its configuration, between what it was given and what it gave.
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Skeleton } from "@/ui";
import { Choice } from "@/ui/choice";
import { PANEL } from "../focus";
import { nodeAt } from "../model/read";
import type { Node } from "../model/types";
import { useBench } from "../run/bench";
import { useStudio } from "../state";
import { FlowConfig } from "./flow";
import { FrameConfig } from "./frame";
import { NodeHead } from "./head";
import { More } from "./more";
import { With } from "./with";

const Given = lazy(() => import("../run/given"));
const Gave = lazy(() => import("../run/gave"));

/** `wide`: all three beside each other, over the canvas. */
export function Panel({ wide, setWide }: { wide: boolean; setWide: (wide: boolean) => void }) {
  const { t } = useTranslation();
  const { flow, selected } = useStudio();
  const [tab, setTab] = useState<"given" | "config" | "gave">("config");
  const node = flow && selected.length === 1 ? nodeAt(flow, selected[0] as string) : undefined;
  if (!flow) return null;
  const columns = wide && node;
  return (
    <aside id={PANEL} aria-label={t("config.panel")} className={`flex flex-col bg-panel max-md:shrink-0 md:min-h-0 md:overflow-hidden ${columns ? "absolute inset-0 z-30" : "w-full border-t md:flex-1 lg:w-100 lg:flex-none lg:border-s lg:border-t-0"}`}>
      {node ? <NodeHead key={node.path} node={node} wide={wide} setWide={setWide} /> : null}
      {node && !columns && (
        <div className="px-4 pb-2">
          <Choice label={t("config.parts")} of={[["given", t("config.given")], ["config", t("config.config")], ["gave", t("config.gave")]]} value={tab} choose={setTab} />
        </div>
      )}
      {columns ? (
        <div className="grid min-h-0 flex-1 grid-cols-3 divide-x overflow-hidden">
          <Part label={t("config.given")}><Given node={node} /></Part>
          <Part label={t("config.config")}><NodeConfig node={node} /></Part>
          <Part label={t("config.gave")}><Gave node={node} /></Part>
        </div>
      ) : node ? (
        <Part key={`${node.path} ${tab}`}>{tab === "config" ? <NodeConfig node={node} /> : tab === "given" ? <Given node={node} /> : <Gave node={node} />}</Part>
      ) : (
        <Part>{selected.length > 1 ? <p className="text-muted">{t("config.several", { count: selected.length })}</p> : <FlowConfig flow={flow} />}</Part>
      )}
    </aside>
  );
}

function Part({ label, children }: { label?: string; children: React.ReactNode }) {
  return (
    <section aria-label={label} className="flex min-h-0 min-w-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-8">
      {label && <h3 className="font-semibold">{label}</h3>}
      <Suspense fallback={<Skeleton rows={3} />}>{children}</Suspense>
    </section>
  );
}

function NodeConfig({ node }: { node: Node }) {
  const { blocks } = useBench();
  return (
    <>
      {node.kind === "block" ? <With key={`with ${node.path}`} node={node} block={blocks.get(node.block ?? "")} /> : <FrameConfig node={node} />}
      <More key={`more ${node.path}`} node={node} />
    </>
  );
}
