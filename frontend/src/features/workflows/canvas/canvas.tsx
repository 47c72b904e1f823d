// The workflow as a picture that can be changed. The text is what it draws; a drag is written when it ends.
import "@xyflow/react/dist/base.css";
import "./canvas.css";
import { Background, BackgroundVariant, type Connection, ConnectionMode, type FinalConnectionState, MiniMap, type NodeChange, ReactFlow, ReactFlowProvider, SelectionMode, useReactFlow } from "@xyflow/react";
import { type ClipboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { allNodes } from "../model/read";
import type { Flow, Path, Place } from "../model/types";
import { useStudio } from "../state";
import { useActions } from "./actions";
import { Add, type Where } from "./add";
import { NodeCard } from "./card";
import { ConnectTo } from "./connect";
import { type Drawn, NOTE, type Went } from "./data";
import { FrameRoom } from "./frame";
import { press } from "./keys";
import { HEAD, PAD } from "./layout";
import { NotePaper } from "./note";
import { Notes } from "./notes";
import { endOf, roomAt, roomFor } from "./pointer";
import { absolute } from "./steer";
import { Toolbar } from "./toolbar";
import { useDrawn } from "./use-drawn";
import { Wiring, WireLine, type Wires } from "./wires";
import { type Adding, type Blocks, inputsOf, outputsOf, refusal } from "./wiring";

const NODES = { card: NodeCard, frame: FrameRoom, note: NotePaper };
const EDGES = { wire: WireLine };
const FAR = 0.55; // the zoom below which a card is its icon and its title
const MANY = 40; // nodes from which a canvas opens at its beginning, not as a whole

export interface CanvasProps {
  flow: Flow;
  blocks: Blocks;
  went?: Record<Path, Went>;
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

type Asked = { kind: "add"; at: Where; where: Adding } | { kind: "connect"; at: Where; from: Path };

function Stage({ flow, blocks, went, pinned, readOnly: given = false, open = () => {}, run = () => {} }: CanvasProps) {
  const { t } = useTranslation();
  const studio = useStudio();
  const readOnly = given || studio.readOnly;
  const view = useReactFlow<Drawn>();
  const stage = useRef<HTMLDivElement>(null);
  const drawn = useDrawn({ flow, blocks, went, pinned, readOnly });
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
        setAsked({ kind: "add", at: place(x, y), where: { frame: from.split(".").slice(0, -1).join("."), from: { path: from }, before: to } });
      },
    };
  }, [drawn.known, blocks, flow, studio.edges, view]);

  const connected = ({ source, target, sourceHandle, targetHandle }: Connection) => act.connect({ path: source, field: endOf(sourceHandle) }, { path: target, field: endOf(targetHandle) });
  const letGo = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    if (state.isValid || state.toNode || !state.fromNode || state.fromHandle?.type !== "source") return;
    const { clientX, clientY } = "changedTouches" in event ? (event.changedTouches[0] as Touch) : event;
    const onto = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>(".react-flow__node-card")?.dataset.id;
    if (onto) return act.connect({ path: state.fromNode.id, field: endOf(state.fromHandle.id) }, { path: onto });
    const at = view.screenToFlowPosition({ x: clientX, y: clientY });
    const frame = roomFor(state.fromNode.id, roomAt(seen, flow, at, state.fromNode.id));
    const corner = frame ? seen[frame] : undefined;
    const [x, y] = [Math.round(at.x - (corner?.x ?? 0)), Math.round(at.y - (corner?.y ?? 0))];
    setAsked({
      kind: "add",
      at: place(clientX, clientY),
      where: { frame, from: { path: state.fromNode.id, field: endOf(state.fromHandle.id) }, at: frame ? [Math.max(x, PAD), Math.max(y, HEAD)] : [x, y] },
    });
  };
  const dropped = (_event: unknown, one: Drawn, all: Drawn[]) => {
    drawn.hold(false);
    const moved = Object.fromEntries(all.map(({ id, position: { x, y } }) => [id, [x, y] as Place]));
    const centre = view.getInternalNode(one.id)?.internals.positionAbsolute;
    const into = all.length === 1 && one.type !== "note" && !one.parentId && centre ? roomAt(seen, flow, { x: centre.x + 120, y: centre.y + 20 }, one.id) : "";
    act.move(moved, into ? { path: one.id, frame: into } : undefined);
    if (into) studio.select([]);
  };
  const copied = (event: ClipboardEvent, cut: boolean) => {
    if (isWriting(event) || !studio.selected.length) return;
    event.clipboardData.setData("text/plain", act.copy(studio.text, studio.selected));
    event.preventDefault();
    act.say(t("canvas.did.copy", { count: studio.selected.length }));
    if (cut) act.remove(studio.selected);
  };
  const pasted = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text/plain");
    if (isWriting(event) || !/^nodes:/m.test(text)) return;
    event.preventDefault();
    const [made] = act.paste(text, studio.selected.at(-1));
    if (made) focus(made);
  };
  const [calm, setCalm] = useState(false); // the map can wait until the rest is there
  useEffect(() => {
    const timer = setTimeout(() => setCalm(true), 600);
    return () => clearTimeout(timer);
  }, []);
  const linked = studio.edges.length > 0;
  useEffect(() => {
    // What has no place moves once when the first edges come, so that it is brought into sight again.
    if (!nodes.length || drawn.opened.current === "linked") return;
    if (drawn.opened.current === "seen" && !linked) return;
    drawn.opened.current = linked ? "linked" : "seen";
    const first = nodes.find(({ type }) => type !== "note");
    if (nodes.length <= MANY) void view.fitView({ padding: 0.12, maxZoom: 1, minZoom: 0.3 });
    else if (first) void view.setCenter(first.position.x + 120, first.position.y + (stage.current?.clientHeight ?? 600) / 2 - 40, { zoom: 1 });
  }, [nodes, linked, view, drawn.opened]);

  return (
    <div ref={stage} className="relative h-full min-h-0 w-full overflow-hidden" onFocus={(event) => {
      const path = (event.target as HTMLElement).dataset.id;
      if (path && seen[path] && !studio.selected.includes(path) && (event.target as Element).matches(":focus-visible")) studio.select([path]);
    }} onKeyDown={(event) => press(event, {
      act, selected: marked, boxes: seen, own: boxes, readOnly, select: studio.select, focus, open, add, run,
      connect: () => setAsked({ kind: "connect", at: near(studio.selected[0]), from: studio.selected[0] as Path }),
      undo: studio.undo, redo: studio.redo,
      duplicate: () => {
        const made = studio.selected.length ? act.paste(act.copy(studio.text, studio.selected), frameAround(studio.selected)) : [];
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
            onConnect={connected}
            onConnectEnd={letGo}
            isValidConnection={(wire) => wire.source !== wire.target}
            onNodeDragStart={() => drawn.hold(true)}
            onNodeDragStop={dropped}
            onSelectionDragStart={() => drawn.hold(true)}
            onSelectionDragStop={(event, all) => all[0] && dropped(event, all[0], all)}
            onNodeDoubleClick={open}
            onCopy={(event) => copied(event, false)}
            onCut={(event) => copied(event, !readOnly)}
            onPaste={pasted}
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
      {asked?.kind === "add" && (
        <Add
          at={asked.at}
          blocks={blocks}
          close={() => (close(), studio.selected[0] && focus(studio.selected[0]))}
          note={asked.where.from ? undefined : () => (close(), act.note(centreOf(view.screenToFlowPosition, stage.current)))}
          choose={(kind) => {
            close();
            const made = act.add(kind, asked.where);
            if (made) requestAnimationFrame(() => focus(made));
          }}
        />
      )}
      {asked?.kind === "connect" && (
        <ConnectTo at={asked.at} from={asked.from} flow={flow} edges={studio.edges} blocks={blocks} close={() => (close(), focus(asked.from))} choose={(to) => (close(), act.connect({ path: asked.from }, to), focus(asked.from))} />
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

function isWriting(event: ClipboardEvent): boolean {
  return Boolean((event.target as Element).closest("input, textarea"));
}

function frameAround(paths: Path[]): Path | undefined {
  const first = paths[0] ?? "";
  return first.includes(".") ? first.slice(0, first.lastIndexOf(".")) : undefined;
}

function inSight({ x, y, zoom }: { x: number; y: number; zoom: number }, stage: HTMLElement | null, box: { x: number; y: number; width: number }): boolean {
  const [left, top] = [box.x * zoom + x, box.y * zoom + y];
  return left >= 0 && top >= 0 && left + Math.min(box.width, 240) * zoom <= (stage?.clientWidth ?? 0) && top + 84 * zoom <= (stage?.clientHeight ?? 0);
}

function centreOf(toFlow: (at: { x: number; y: number }) => { x: number; y: number }, stage: HTMLElement | null): Place {
  const corner = stage?.getBoundingClientRect();
  const { x, y } = toFlow({ x: (corner?.left ?? 0) + (corner?.width ?? 0) / 2, y: (corner?.top ?? 0) + (corner?.height ?? 0) / 3 });
  return [Math.round(x), Math.round(y)];
}

const COLOURS: Record<string, string> = { done: "var(--done)", failed: "var(--failed)", running: "var(--running)", waiting: "var(--review)", unknown: "var(--unknown)" };

function colourOf({ id, data }: Drawn): string {
  if (id.startsWith(NOTE)) return "var(--review)";
  return COLOURS[(data as { went?: Went }).went?.status ?? ""] ?? "var(--edge, var(--muted))";
}
