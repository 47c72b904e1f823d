// A node: what it is, what it does with its real values, how it went.
import { Handle, Position, useConnection, useUpdateNodeInternals, type NodeProps } from "@xyflow/react";
import { Pin, TriangleAlert } from "lucide-react";
import { memo, useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Effect } from "@/ui";
import type { Card } from "./data";
import { categoryOf, iconOf } from "./icons";
import { MARK_RINGS, Marked } from "./mark";
import { Dots, Goals } from "./ports";
import { portsOf, type Schema } from "./schema";
import { sentenceOf } from "./sentence";
import { Result } from "./result";
import { Wiring } from "./wires";

const RINGS: Record<string, string> = { running: "border-running", failed: "border-failed", unknown: "border-unknown", waiting: "border-review", done: "border-done/60" };

export const NodeCard = memo(function NodeCard({ id, data, selected, isConnectable }: NodeProps<Card>) {
  const { t } = useTranslation();
  const { node, block, went, mark, problems, pinned } = data;
  const [over, setOver] = useState(false);
  const Icon = iconOf(categoryOf(node));
  const title = String(node.body.title ?? "") || node.id;
  const ring = selected ? "border-accent ring-1 ring-accent" : mark ? MARK_RINGS[mark] : problems ? "border-failed" : (RINGS[went?.status ?? ""] ?? "");
  return (
    <div
      className={`card relative flex h-full w-full flex-col gap-0.5 rounded-md border bg-panel px-3 py-2 ${ring} ${went?.status === "skipped" ? "opacity-60" : ""}`}
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
    >
      <Handle id="in" type="target" position={Position.Top} className="main" isConnectable={isConnectable} />
      <div className="flex items-center gap-2">
        <Icon aria-hidden size={16} className="shrink-0 text-accent" />
        <span className="title min-w-0 flex-1 truncate font-medium">{title}</span>
        {pinned && <Pin aria-label={t("canvas.pinned")} size={14} className="near shrink-0 text-review" />}
        {problems > 0 && (
          <span className="inline-flex shrink-0 items-center gap-1 text-sm text-failed" title={t("canvas.problems", { count: problems })}>
            <TriangleAlert aria-hidden size={14} />
            {problems}
          </span>
        )}
        {block && <span className="near"><Effect mark value={block.effect} /></span>}
      </div>
      <p className="near truncate text-sm text-muted">{sentenceOf(node, portsOf((block?.input_schema ?? {}) as Schema).map(({ name }) => name))}</p>
      <div className={`mt-auto truncate text-sm ${mark ? "" : "near"}`}>{mark ? <Marked of={mark} /> : went ? <Result of={went} /> : <span className="text-muted">{block?.title ?? node.block}</span>}</div>
      <Handle id="out" type="source" position={Position.Bottom} className="main" isConnectable={isConnectable} />
      {isConnectable && (over || selected) && <Ends id={id} />}
    </div>
  );
});

/** Its fields as ports, while somebody looks at it or brings a wire. */
export function Ends({ id }: { id: string }) {
  const { inputs, outputs, allowed } = useContext(Wiring);
  const coming = useConnection((wire) => (wire.inProgress && wire.fromNode.id !== id && wire.fromHandle.type === "source" ? wire.fromHandle.id ?? "out" : null));
  const from = useConnection((wire) => (wire.inProgress ? wire.fromNode.id : ""));
  const update = useUpdateNodeInternals();
  useEffect(() => update(id)); // whatever drew the card anew forgot where its ports are
  if (coming === null) {
    return (
      <>
        <Dots of={inputs(id)} side="in" />
        <Dots of={outputs(id)} side="out" />
      </>
    );
  }
  const open = inputs(id).filter(({ name }) => allowed(from, coming, id, name));
  const order = allowed(from, coming, id, "");
  return open.length || order ? <Goals of={open.slice(0, 10)} after={order ? from : ""} /> : null;
}
