// What a pointer does: wires are drawn, nodes are moved. A drag is written when it ends.
import { type Connection, type FinalConnectionState, useReactFlow } from "@xyflow/react";
import type { Flow, Place } from "../model/types";
import { useStudio } from "../state";
import type { Actions } from "./actions";
import type { Where } from "./add";
import type { Asked } from "./asking";
import type { Drawn } from "./data";
import { type Boxes, HEAD, PAD } from "./layout";
import { endOf, roomAt, roomFor } from "./pointer";
import type { Canvas } from "./use-drawn";

interface Given {
  flow: Flow;
  act: Actions;
  drawn: Canvas;
  seen: Boxes;
  place: (x: number, y: number) => Where;
  ask: (what: Asked) => void;
}

export function usePointing({ flow, act, drawn, seen, place, ask }: Given) {
  const view = useReactFlow<Drawn>();
  const studio = useStudio();
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
    ask({
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
  return {
    onConnect: connected,
    onConnectEnd: letGo,
    onNodeDragStart: () => drawn.hold(true),
    onNodeDragStop: dropped,
    onSelectionDragStart: () => drawn.hold(true),
    onSelectionDragStop: (event: unknown, all: Drawn[]) => all[0] && dropped(event, all[0], all),
  };
}
