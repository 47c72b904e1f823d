// The workflow as a picture that can be changed. The text is what it draws; a drag is written when it ends.
import "@xyflow/react/dist/base.css";
import "./canvas.css";
import { Background, BackgroundVariant, ConnectionMode, MiniMap, type NodeChange, ReactFlow, ReactFlowProvider, SelectionMode, useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { allNodes, frameOf } from "../model/read";
import type { Flow, Path } from "../model/types";
import { useStudio } from "../state";
import { useActions } from "./actions";
import type { Where } from "./add";
import { type Asked, Asking } from "./asking";
import { NodeCard } from "./card";
import { useClipboard } from "./clipboard";
import type { Drawn, Mark, Went } from "./data";
import { FrameRoom } from "./frame";
import { press } from "./keys";
import { NotePaper } from "./note";
import { Notes } from "./notes";
import { endOf } from "./pointer";
import { centreOf, colourOf, inSight } from "./sight";
import { absolute } from "./steer";
import { Toolbar } from "./toolbar";
import { useDrawn } from "./use-drawn";
import { useOpening } from "./use-opening";
import { usePointing } from "./use-pointing";
import { Wiring, WireLine, type Wires } from "./wires";
import { type Blocks, inputsOf, outputsOf, refusal } from "./wiring";

const NODES = { card: NodeCard, frame: FrameRoom, note: NotePaper };
const EDGES = { wire: WireLine };
const FAR = 0.55; // the zoom below which a card is its icon and its title

export interface CanvasProps {
  flow: Flow;
  blocks: Blocks;
  went?: Record<Path, Went>;
  marks?: Record<Path, Mark>; // what became of nodes between two versions
  look?: { path: Path }; // where somebody wants to be led
  pinned?: Set<Path>;
  readOnly?: boolean;
  open?: () => void; // the panel of what is selected
  run?: () => void;
}

export default function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Stage {...props} />
    </ReactFlowProvider>
  );
}

function Stage({ flow, blocks, went, marks, look, pinned, readOnly: given = false, open = () => {}, run = () => {} }: CanvasProps) {
  const { t } = useTranslation();
  const studio = useStudio();
  const readOnly = given || studio.readOnly;
  const view = useReactFlow<Drawn>();
  const stage = useRef<HTMLDivElement>(null);
  const drawn = useDrawn({ flow, blocks, went, marks, pinned, readOnly });
  const { boxes, nodes, edges, change, marked } = drawn;
  const act = useActions(flow, boxes, studio.edges, blocks);
  const [asked, setAsked] = useState<Asked | null>(null);
  const seen = useMemo(() => absolute(boxes), [boxes]);

  const place = (x: number, y: number): Where => {
    const corner = stage.current?.getBoundingClientRect();
    return { x: x - (corner?.left ?? 0), y: y - (corner?.top ?? 0) };
  };
  const middle = (): Where => ({ x: (stage.current?.clientWidth ?? 800) / 2 - 170, y: 60 });
  const focus = (path: Path) => {
    const box = seen[path];
    if (box && !inSight(view.getViewport(), stage.current, box)) void view.setCenter(box.x + box.width / 2, box.y + 60, { zoom: view.getZoom() });
    let tries = 20; // frames until it is drawn, and may be focused
    const take = () => {
      const card = stage.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(path)}"]`);
      card?.focus({ preventScroll: true });
      if (document.activeElement !== card && tries-- > 0) requestAnimationFrame(take);
    };
    requestAnimationFrame(take);
  };
  useEffect(() => {
    if (look && seen[look.path]) focus(look.path);
  }, [look]);
  const near = (path: Path | undefined): Where => {
    const box = path && seen[path];
    if (!box) return middle();
    const { x, y } = view.flowToScreenPosition({ x: box.x, y: box.y + Math.min(box.height, 84) + 8 });
    return place(x, y);
  };
  const add = () => {
    const last = studio.selected.at(-1);
    const frame = act.within(last);
    const from = last && last !== frame ? { path: last } : undefined;
    setAsked({ kind: "add", at: near(last), where: { frame, from } });
  };
  const close = useCallback(() => setAsked(null), []);

  const wires = useMemo<Wires>(() => {
    const node = (path: string) => drawn.known.get(path);
    return {
      inputs: (path) => (node(path) ? inputsOf(node(path) as never, blocks) : []),
      outputs: (path) => (node(path) ? outputsOf(node(path) as never, blocks) : []),
      allowed: (from, handle, to, field) => !refusal(flow, studio.edges, blocks, { path: from, field: endOf(handle) }, { path: to, field: field || undefined }),
      between: (from, to, at) => {
        const { x, y } = view.flowToScreenPosition(at);
        setAsked({ kind: "add", at: place(x, y), where: { frame: frameOf(from), from: { path: from }, before: to } });
      },
    };
  }, [drawn.known, blocks, flow, studio.edges, view]);

  const pointing = usePointing({ flow, act, drawn, seen, place, ask: setAsked });
  const calm = useOpening(stage, drawn, seen);

  return (
    <div ref={stage} className="relative h-full min-h-0 w-full overflow-hidden" onFocus={(event) => {
      const path = (event.target as HTMLElement).dataset.id;
      if (path && seen[path] && !studio.selected.includes(path) && (event.target as Element).matches(":focus-visible")) studio.select([path]);
    }} onKeyDown={(event) => press(event, {
      act, selected: marked, boxes: seen, own: boxes, readOnly, select: studio.select, focus, open, add, run,
      connect: () => setAsked({ kind: "connect", at: near(studio.selected[0]), from: studio.selected[0] as Path }),
      undo: studio.undo, redo: studio.redo,
      duplicate: () => {
        const made = studio.selected.length ? act.paste(act.copy(studio.text, studio.selected), frameOf(studio.selected[0] as Path) || undefined) : [];
        if (made[0]) focus(made[0]);
      },
      all: () => studio.select(allNodes(flow.nodes).map(({ path }) => path)),
      leave: () => (studio.select([]), stage.current?.querySelector<HTMLElement>(".react-flow")?.focus()),
    })}>
      <Wiring value={wires}>
        <Notes value={useMemo(() => ({ write: act.writeNote, resize: act.resizeNote, readOnly }), [act.writeNote, act.resizeNote, readOnly])}>
          <ReactFlow<Drawn>
            aria-label={t("canvas.label")}
            tabIndex={0}
            nodes={nodes}
            edges={edges}
            nodeTypes={NODES}
            edgeTypes={EDGES}
            onNodesChange={change as (changes: NodeChange<Drawn>[]) => void}
            onEdgesChange={drawn.changeEdges as never}
            {...pointing}
            isValidConnection={(wire) => wire.source !== wire.target}
            onNodeDoubleClick={open}
            {...useClipboard(act, focus, readOnly)}
            onViewportChange={({ zoom }) => stage.current?.classList.toggle("far", zoom < FAR)}
            nodesDraggable={!readOnly}
            nodesConnectable={!readOnly}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable
            elevateNodesOnSelect={false}
            disableKeyboardA11y
            deleteKeyCode={null}
            multiSelectionKeyCode={["Control", "Meta"]}
            selectionMode={SelectionMode.Partial}
            connectionMode={ConnectionMode.Strict}
            connectionRadius={28}
            connectOnClick={false}
            panOnScroll
            zoomOnDoubleClick={false}
            snapToGrid
            snapGrid={[10, 10]}
            minZoom={0.1}
            maxZoom={1.6}
            onlyRenderVisibleElements
          >
            <Background variant={BackgroundVariant.Dots} gap={20} size={1.2} />
            {calm && nodes.length > 12 && <MiniMap pannable zoomable ariaLabel={t("canvas.map")} className="max-md:hidden" nodeBorderRadius={8} nodeColor={colourOf} />}
          </ReactFlow>
        </Notes>
      </Wiring>
      <Toolbar add={add} tidy={act.tidy} readOnly={readOnly} note={() => act.note(centreOf(view.screenToFlowPosition, stage.current))} />
      {asked && (
        <Asking
          asked={asked}
          flow={flow}
          blocks={blocks}
          act={act}
          close={close}
          focus={(path) => requestAnimationFrame(() => focus(path))}
          note={() => act.note(centreOf(view.screenToFlowPosition, stage.current))}
        />
      )}
      {!nodes.length && !readOnly && !asked && (
        <div className="absolute inset-0 grid place-items-center">
          <button type="button" onClick={add} className="rounded-lg border border-dashed border-muted bg-panel px-6 py-4 font-medium hover:bg-hover">
            {t("canvas.first")}
          </button>
        </div>
      )}
      <p role="status" className="sr-only">
        {act.said}
      </p>
    </div>
  );
}
