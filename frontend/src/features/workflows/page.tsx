// One workflow in the studio: canvas, text and outline are views of one text; beside them its versions and runs.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { blocksQuery } from "@/api/blocks";
import { Failure, Skeleton } from "@/ui";
import { Versions } from "@/ui/versions";
import { canvasView } from "./ahead";
import { Bar } from "./bar";
import { Found } from "./found";
import { templatesQuery, type Workflow, workflowQuery } from "./queries";
import { BenchOf } from "./run/bench";
import { RunsOf } from "./runs";
import "./words";
import { copyOf, empty } from "./start";
import { StudioOf, useStudio } from "./state";
import { useKeys } from "./use-keys";
import { type Go, VIEWS } from "./views";

const CanvasView = lazy(canvasView);
const Outline = lazy(() => import("./outline"));
const TextView = lazy(() => import("./text"));
const VersionsCanvas = lazy(() => import("./canvas/versions"));

export function WorkflowPage() {
  const { id } = useParams({ from: "/workflows/$id" });
  return id === "new" ? <Fresh /> : <Kept key={id} id={id} />;
}

function Kept({ id }: { id: string }) {
  const workflow = useQuery(workflowQuery(id));
  const { node } = useSearch({ from: "/workflows/$id" });
  if (workflow.error) return <Failure of={workflow.error} retry={() => void workflow.refetch()} />;
  if (!workflow.data) return <Skeleton />;
  return (
    <StudioOf workflow={workflow.data} start="" name={workflow.data.id} node={node}>
      <Shown workflow={workflow.data} />
    </StudioOf>
  );
}

/** A workflow that is only a text of this browser until it is saved. */
function Fresh() {
  const { name = "workflow", template, block, node } = useSearch({ from: "/workflows/$id" });
  const templates = useQuery({ ...templatesQuery(), enabled: template !== undefined });
  if (templates.error) return <Failure of={templates.error} retry={() => void templates.refetch()} />;
  if (template && !templates.data) return <Skeleton />;
  const found = templates.data?.items.find((one) => one.name === template);
  return (
    <StudioOf key={name} workflow={null} start={found ? copyOf(found, name) : empty(name, block)} name={`new.${name}`} node={node}>
      <Shown workflow={null} />
    </StudioOf>
  );
}

function Shown({ workflow }: { workflow: Workflow | null }) {
  const { t } = useTranslation();
  const studio = useStudio();
  const search = useSearch({ from: "/workflows/$id" });
  const navigate = useNavigate({ from: "/workflows/$id" });
  const view = VIEWS.find((one) => one === search.view) ?? "canvas";
  const go: Go = (change, replace = false) => void navigate({ search: (now) => ({ ...now, ...change }), replace });
  useSelectionInUrl(search.node, go);
  const keys = useKeys();
  const written = view !== "versions" && view !== "runs";
  return (
    <div className="flex min-h-dvh flex-col md:h-dvh" onKeyDown={keys}>
      <Bar workflow={workflow} view={view} go={go} />
      <div className="min-h-0 flex-1">
        {written && (
          <Bench run={search.run} go={go}>
            {view === "canvas" && <CanvasView panel />}
            {view === "outline" && <Outline />}
            {view === "split" && (
              <div className="grid h-full min-h-0 lg:grid-cols-2">
                <TextView />
                <div className="hidden min-h-0 border-s lg:block">
                  <CanvasView panel={false} />
                </div>
              </div>
            )}
          </Bench>
        )}
        {view === "versions" && workflow && (
          <div className="h-full overflow-y-auto">
            <Versions kind="workflow" of={workflow} from={Number(search.from) || undefined} to={Number(search.to) || undefined} go={go} draw={(given) => <Suspense fallback={<Skeleton />}><VersionsCanvas id={workflow.id} {...given} /></Suspense>} takeUp={(text) => (studio.apply(() => text, t("workflows.tookUp")), go({ view: "split" }))} />
          </div>
        )}
        {view === "runs" && workflow && <RunsOf workflow={workflow} />}
      </div>
      {written && <Found go={go} />}
    </div>
  );
}

/** What the views that are written share: the blocks there are, and the run that is shown. */
function Bench({ run, go, children }: { run?: string; go: Go; children: ReactNode }) {
  const { id, flow } = useStudio();
  const blocks = useQuery(blocksQuery());
  if (blocks.error) return <Failure of={blocks.error} retry={() => void blocks.refetch()} />;
  if (!blocks.data) return <Skeleton />;
  return (
    <BenchOf name={id ?? `new.${flow.name}`} blocks={blocks.data} run={run} show={(next) => go({ run: next })}>
      <Suspense fallback={<Skeleton />}>{children}</Suspense>
    </BenchOf>
  );
}

/** The one node that is selected stands in the address, both ways. */
function useSelectionInUrl(node: string | undefined, go: Go): void {
  const { selected, select } = useStudio();
  const only = selected.length === 1 ? selected[0] : undefined;
  useEffect(() => {
    if (only !== node) go({ node: only }, true);
  }, [only]);
  useEffect(() => {
    if (node && node !== only) select([node]);
  }, [node]);
}
