// Edges, and what cards need to know about connecting.
import { BaseEdge, EdgeLabelRenderer, type Edge as FlowEdge, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { Plus } from "lucide-react";
import { createContext, memo, useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Port } from "./schema";

export interface Wires {
  inputs: (path: string) => Port[];
  outputs: (path: string) => Port[];
  allowed: (from: string, handle: string, to: string, field: string) => boolean; // no field: the order alone
  between: (from: string, to: string, at: { x: number; y: number }) => void; // somebody wants a node there
}
const none = () => [];
export const Wiring = createContext<Wires>({ inputs: none, outputs: none, allowed: () => false, between: () => {} });

export type Wire = FlowEdge<{ kind: "data" | "after"; open: boolean }, "wire">;

export const WireLine = memo(function WireLine(props: EdgeProps<Wire>) {
  const { id, source, target, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd, selected, data } = props;
  const [path, x, y] = getSmoothStepPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, borderRadius: 10 });
  const [over, setOver] = useState(false);
  return (
    <g onPointerEnter={() => setOver(true)} onPointerLeave={() => setOver(false)}>
      <BaseEdge id={id} path={path} markerEnd={markerEnd} interactionWidth={18} />
      {data?.open && (over || selected) && <Insert from={source} to={target} x={x} y={y} />}
    </g>
  );
});

function Insert({ from, to, x, y }: { from: string; to: string; x: number; y: number }) {
  const { t } = useTranslation();
  const { between } = useContext(Wiring);
  return (
    <EdgeLabelRenderer>
      <button
        type="button"
        aria-label={t("canvas.insert", { from, to })}
        className="nodrag nopan pointer-events-auto absolute grid size-7 place-items-center rounded-full border bg-raised text-muted hover:text-ink"
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`, zIndex: 1001 }}
        onClick={() => between(from, to, { x, y })}
      >
        <Plus aria-hidden size={14} />
      </button>
    </EdgeLabelRenderer>
  );
}
