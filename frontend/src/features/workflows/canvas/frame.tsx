// A room for the nodes of an `each` or a `loop`.
import { Handle, Position, type NodeProps } from "@xyflow/react";
import { TriangleAlert } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Ends } from "./card";
import type { Room } from "./data";
import { iconOf } from "./icons";
import { MARK_RINGS, Marked } from "./mark";
import { Result } from "./result";
import { sentenceOf } from "./sentence";

export const FrameRoom = memo(function FrameRoom({ id, data, selected, isConnectable }: NodeProps<Room>) {
  const { t } = useTranslation();
  const { node, went, mark, problems } = data;
  const [over, setOver] = useState(false);
  const Icon = iconOf(node.kind);
  return (
    <div className={`card h-full w-full rounded-lg border border-dashed bg-page/60 ${selected ? "border-accent ring-1 ring-accent" : mark ? MARK_RINGS[mark] : problems ? "border-failed" : "border-muted/50"}`}>
      <div className="flex h-10 items-center gap-2 px-3" onPointerEnter={() => setOver(true)} onPointerLeave={() => setOver(false)}>
        <Handle id="in" type="target" position={Position.Top} className="main" isConnectable={isConnectable} />
        <Icon aria-hidden size={16} className="shrink-0 text-accent" />
        <span className="title max-w-1/2 truncate font-medium">{String(node.body.title ?? "") || node.id}</span>
        <span className="near min-w-0 flex-1 truncate text-sm text-muted">{t(`canvas.${node.kind as "each" | "loop"}`, { of: sentenceOf(node) })}</span>
        {problems > 0 && (
          <span className="inline-flex items-center gap-1 text-sm text-failed" title={t("canvas.problems", { count: problems })}>
            <TriangleAlert aria-hidden size={14} />
            {problems}
          </span>
        )}
        {mark && <span className="shrink-0 text-sm"><Marked of={mark} /></span>}
        {went && <span className="near shrink-0 text-sm"><Result of={went} /></span>}
        {isConnectable && (over || selected) && <Ends id={id} />}
      </div>
      {!node.nodes.length && <p className="px-4 py-2 text-sm text-muted">{t("canvas.emptyFrame")}</p>}
      <Handle id="out" type="source" position={Position.Bottom} className="main" isConnectable={isConnectable} />
    </div>
  );
});
