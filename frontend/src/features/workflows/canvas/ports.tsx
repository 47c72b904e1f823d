// The typed ends of a card: dots with names on hover, and rows to let go over while somebody connects.
import { Handle, Position } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import type { Port } from "./schema";

const MOST = 9; // dots that fit beside each other

export function Dots({ of, side }: { of: Port[]; side: "in" | "out" }) {
  const shown = of.slice(0, MOST);
  return shown.map((port, i) => (
    <Handle
      key={port.name}
      id={`${side}:${port.name}`}
      type={side === "in" ? "target" : "source"}
      position={side === "in" ? Position.Top : Position.Bottom}
      title={named(port)}
      style={{ left: `${spread(i, shown.length)}%` }}
    />
  ));
}

/** Evenly to both sides of the middle, which the node's own end has. */
function spread(i: number, count: number): number {
  const half = Math.ceil(count / 2);
  return i < half ? 50 - ((half - i) * 46) / half : 50 + ((i - half + 1) * 46) / Math.max(count - half, 1);
}

function named({ name, types }: Port): string {
  return types.length ? `${name}: ${types.join(" | ")}` : name;
}

/** Where what is being connected may end, each as a row with its name; `after` is what it may wait for without being given anything. */
export function Goals({ of, after }: { of: Port[]; after: string }) {
  const { t } = useTranslation();
  return (
    <div className="absolute inset-x-0 top-full z-10 flex flex-col rounded-md border bg-raised p-1 shadow-float">
      {of.map((port) => (
        <Handle key={port.name} id={`in:${port.name}`} type="target" position={Position.Top} className="row">
          <span className="flex h-full items-center justify-between gap-2 px-2 text-sm">
            <span className="truncate font-mono">{port.name}</span>
            <span className="text-muted">{port.types.join(" | ")}</span>
          </span>
        </Handle>
      ))}
      {after && (
        <Handle id="in:" type="target" position={Position.Top} className="row">
          <span className="flex h-full items-center px-2 text-sm text-muted">{t("canvas.afterOnly", { of: after })}</span>
        </Handle>
      )}
    </div>
  );
}
