// One node as a line of the outline: what it is, what it does, how it went.
import { ArrowDown, ArrowUp, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, Status } from "@/ui";
import { categoryOf, iconOf } from "./canvas/icons";
import { sentenceOf } from "./canvas/sentence";
import type { Node } from "./model/types";
import { useBench } from "./run/bench";
import { useStudio } from "./state";

export function Row({ node, bad, open, first, last, move }: { node: Node; bad: boolean; open: boolean; first: boolean; last: boolean; move: (by: 1 | -1) => void }) {
  const { t } = useTranslation();
  const { select, readOnly } = useStudio();
  const { blocks, went, shown } = useBench();
  const Icon = iconOf(categoryOf(node));
  const kind = node.kind === "block" ? (blocks.get(node.block ?? "")?.title ?? node.block ?? "") : t(`config.kinds.${node.kind}`);
  const state = shown ? went[node.path]?.status : undefined;
  return (
    <div className={`flex min-h-9 items-center rounded-md hover:bg-hover ${open ? "bg-tint" : ""}`}>
      <button type="button" data-path={node.path} aria-pressed={open} onClick={() => select(open ? [] : [node.path])} className="flex min-h-9 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 text-start">
        <Icon aria-hidden size={16} className="shrink-0 text-accent" />
        <span className="truncate font-mono text-sm font-medium">{node.id}</span>
        <span className="shrink-0 text-sm text-muted max-sm:hidden">{String(node.body.title ?? "") || kind}</span>
        <span className="min-w-0 flex-1 truncate text-sm text-muted max-sm:hidden">{sentenceOf(node)}</span>
        {bad && (
          <span className="flex shrink-0 items-center gap-1 text-sm text-failed">
            <CircleX aria-hidden size={14} />
            {t("workflows.hasProblem")}
          </span>
        )}
        {state && <span className="shrink-0 text-sm"><Status value={state} /></span>}
      </button>
      {open && !readOnly && (
        <>
          <Button kind="quiet" className="px-1.5" aria-label={t("workflows.up")} disabled={first} onClick={() => move(-1)}>
            <ArrowUp aria-hidden size={15} />
          </Button>
          <Button kind="quiet" className="px-1.5" aria-label={t("workflows.down")} disabled={last} onClick={() => move(1)}>
            <ArrowDown aria-hidden size={15} />
          </Button>
        </>
      )}
    </div>
  );
}
