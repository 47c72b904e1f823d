// The whole workflow as a list: everything that can be done on the canvas, without dragging anything.
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, CircleX, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Skeleton } from "@/ui";
import { Finder } from "@/ui/finder";
import { useKinds } from "./canvas/add";
import { categoryOf, iconOf } from "./canvas/icons";
import { nodePath } from "./canvas/problems";
import { sentenceOf } from "./canvas/sentence";
import { added, type Blocks } from "./canvas/wiring";
import { allNodes } from "./model/read";
import type { Node, Path } from "./model/types";
import { focusRow } from "./focus-row";
import { blocksQuery } from "./queries";
import { NodeFields } from "./node-fields";
import { useStudio } from "./state";
import { WholeFields } from "./whole-fields";

export function Outline() {
  const blocks = useQuery(blocksQuery());
  if (blocks.error) return <Failure of={blocks.error} retry={() => void blocks.refetch()} />;
  if (!blocks.data) return <Skeleton />;
  return <Listed blocks={blocks.data} />;
}

function Listed({ blocks }: { blocks: Blocks }) {
  const { t } = useTranslation();
  const { flow, problems, selected, select } = useStudio();
  const list = useRef<HTMLDivElement>(null);
  const wrong = useMemo(() => new Set(problems.map(({ path }) => nodePath(path))), [problems]);
  const steer = (event: KeyboardEvent) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.indexOf(event.target as HTMLElement);
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (at < 0 || !by) return;
    event.preventDefault();
    rows[at + by]?.focus();
  };
  const open = selected.length === 1 ? selected[0] : undefined;
  useEffect(() => {
    const row = open && list.current?.querySelector(`[data-path="${CSS.escape(open)}"]`);
    if (row) row.scrollIntoView({ block: "nearest" });
  }, [open]);
  const toggle = (path: Path) => select(open === path ? [] : [path]);
  return (
    <div ref={list} className="h-full overflow-y-auto px-4 py-4 md:px-6" onKeyDown={steer}>
      <div className="flex max-w-4xl flex-col gap-4">
        <WholeFields />
        <section aria-label={t("workflows.outline")}>
          <Level frame="" nodes={flow.nodes} blocks={blocks} wrong={wrong} open={open} toggle={toggle} />
        </section>
      </div>
    </div>
  );
}

interface LevelProps {
  frame: Path;
  nodes: Node[];
  blocks: Blocks;
  wrong: Set<Path>;
  open: Path | undefined;
  toggle: (path: Path) => void;
}

function Level(props: LevelProps) {
  const { t } = useTranslation();
  const { frame, nodes, open, blocks, wrong, toggle } = props;
  return (
    <ul aria-label={frame ? t("workflows.nodesOf", { of: frame }) : t("workflows.nodes")} className={frame ? "ms-4 border-s ps-3" : ""}>
      {nodes.map((node) => (
        <li key={node.path}>
          <Row node={node} blocks={blocks} bad={wrong.has(node.path)} open={open === node.path} toggle={() => toggle(node.path)} />
          {open === node.path && <NodeFields key={node.path} node={node} siblings={nodes} blocks={blocks} />}
          {node.kind !== "block" && <Level {...props} frame={node.path} nodes={node.nodes} />}
        </li>
      ))}
      <li>
        <AddHere frame={frame} blocks={blocks} />
      </li>
    </ul>
  );
}

function Row({ node, blocks, bad, open, toggle }: { node: Node; blocks: Blocks; bad: boolean; open: boolean; toggle: () => void }) {
  const { t } = useTranslation();
  const Icon = iconOf(categoryOf(node));
  const Way = open ? ChevronDown : ChevronRight;
  const kind = node.kind === "block" ? (blocks.get(node.block ?? "")?.title ?? node.block ?? "") : t(`workflows.kind.${node.kind}`);
  return (
    <button type="button" data-row data-path={node.path} aria-expanded={open} onClick={toggle} className="flex min-h-9 w-full min-w-0 items-center gap-2 rounded-md px-1.5 text-start hover:bg-hover aria-expanded:bg-tint">
      <Way aria-hidden size={15} className="shrink-0 text-muted" />
      <Icon aria-hidden size={16} className="shrink-0 text-accent" />
      <span className="shrink-0 font-mono text-sm font-medium">{node.id}</span>
      <span className="shrink-0 text-sm text-muted max-sm:hidden">{String(node.body.title ?? "") || kind}</span>
      <span className="min-w-0 flex-1 truncate text-sm text-muted">{sentenceOf(node)}</span>
      {bad && (
        <span className="flex shrink-0 items-center gap-1 text-sm text-failed">
          <CircleX aria-hidden size={14} />
          {t("workflows.hasProblem")}
        </span>
      )}
    </button>
  );
}

function AddHere({ frame, blocks }: { frame: Path; blocks: Blocks }) {
  const { t } = useTranslation();
  const { flow, apply, select, readOnly } = useStudio();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const kinds = useKinds(blocks, (kind) => {
    setOpen(false);
    let made: Path | undefined;
    const last = (frame ? allNodes(flow.nodes).find(({ path }) => path === frame)?.nodes : flow.nodes)?.at(-1);
    apply((text) => {
      const next = added(text, flow, blocks, kind, { frame, from: last && { path: last.path } });
      made = next.path;
      return next.text;
    }, t("canvas.did.add"));
    if (made) select([made]);
    focusRow(made);
  });
  if (readOnly) return null;
  const close = () => (setOpen(false), requestAnimationFrame(() => button.current?.focus()));
  return (
    <>
      <Button ref={button} kind="quiet" className="text-sm text-muted" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Plus aria-hidden size={14} />
        {frame ? t("workflows.addIn", { of: frame }) : t("canvas.add")}
      </Button>
      {open && (
        <div className="max-w-md overflow-hidden rounded-lg border bg-raised">
          <Finder label={t("canvas.add")} placeholder={t("canvas.addSearch")} nothing={t("canvas.addNothing")} of={kinds} close={close} />
        </div>
      )}
    </>
  );
}
