// The whole workflow as a list: everything that can be done on the canvas, without dragging anything.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { nodePath } from "./canvas/problems";
import { useChange } from "./change";
import { Panel } from "./config/panel";
import { focusPanel, focusRow } from "./focus";
import { moveNode, removeNodes } from "./model/edit";
import { frameOf, nodeAt } from "./model/read";
import type { Flow, Node, Path } from "./model/types";
import { AddHere } from "./outline-add";
import { Row } from "./outline-row";
import { RunBar } from "./run/bar";
import { useStudio } from "./state";

export default function Outline() {
  const { t } = useTranslation();
  const { flow, problems, selected, select, readOnly } = useStudio();
  const { change, said } = useChange();
  const list = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  const [asking, setAsking] = useState(false);
  const wrong = useMemo(() => new Set(problems.map(({ path }) => nodePath(path))), [problems]);
  const open = selected.length === 1 ? selected[0] : undefined;
  useEffect(() => {
    list.current?.querySelector(`[data-path="${CSS.escape(open ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const move = (path: Path, by: 1 | -1) => {
    const before = neighbour(flow, path, by);
    if (before !== null && change(t("canvas.did.move"), (text) => moveNode(text, path, frameOf(path), before))) focusRow(path);
  };
  const remove = (path: Path) => {
    const rows = rowsOf(list.current);
    const at = rows.findIndex(({ dataset }) => dataset.path === path);
    const next = [...rows.slice(at + 1), ...rows.slice(0, at).reverse()].find(({ dataset }) => !dataset.path?.startsWith(`${path}.`))?.dataset.path;
    select([]);
    if (change(t("canvas.did.remove", { count: 1 }), (text) => removeNodes(text, [path]))) focusRow(next);
  };
  const enter = (path: Path) => {
    select([path]);
    focusPanel();
  };
  const press = (event: KeyboardEvent) => {
    const path = (event.target as HTMLElement).dataset.path;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!path || event.ctrlKey || event.metaKey) return;
    const rows = rowsOf(list.current);
    if (by && event.altKey && !readOnly) move(path, by);
    else if (by) rows[rows.indexOf(event.target as HTMLElement) + by]?.focus();
    else if (event.key === "Delete" && !readOnly) remove(path);
    else if (event.key === "Enter") enter(path);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <RunBar open={asking} setOpen={setAsking} />
      <div className="relative flex min-h-0 flex-1 flex-col md:flex-row" onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && focusRow(open)}>
        <div ref={list} className="min-w-0 flex-1 overflow-y-auto px-4 py-4 md:px-6" onKeyDown={press}>
          <p className="pb-2 text-sm text-muted">{t("workflows.outlineKeys")}</p>
          <section aria-label={t("workflows.outline")} className="max-w-4xl">
            <Level frame="" nodes={flow.nodes} wrong={wrong} open={open} move={move} />
          </section>
          <p role="status" className="sr-only">{said}</p>
        </div>
        <Panel wide={wide} setWide={setWide} />
      </div>
    </div>
  );
}

function rowsOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
}

/** Before which node it stands when it has moved by one; undefined: at the end; null: it cannot move. */
function neighbour(flow: Flow, path: Path, by: 1 | -1): string | undefined | null {
  const frame = frameOf(path);
  const nodes = frame ? (nodeAt(flow, frame)?.nodes ?? []) : flow.nodes;
  const at = nodes.findIndex((node) => node.path === path) + by;
  if (at < 0 || at >= nodes.length) return null;
  return nodes[by > 0 ? at + 1 : at]?.id;
}

interface LevelProps {
  frame: Path;
  nodes: Node[];
  wrong: Set<Path>;
  open: Path | undefined;
  move: (path: Path, by: 1 | -1) => void;
}

function Level(props: LevelProps) {
  const { t } = useTranslation();
  const { frame, nodes, wrong, open, move } = props;
  return (
    <ul aria-label={frame ? t("workflows.nodesOf", { of: frame }) : t("workflows.nodes")} className={frame ? "ms-4 border-s ps-3" : ""}>
      {nodes.map((node, i) => (
        <li key={node.path}>
          <Row node={node} bad={wrong.has(node.path)} open={open === node.path} first={i === 0} last={i === nodes.length - 1} move={(by) => move(node.path, by)} />
          {node.kind !== "block" && <Level {...props} frame={node.path} nodes={node.nodes} />}
        </li>
      ))}
      <li>
        <AddHere frame={frame} nodes={nodes} />
      </li>
    </ul>
  );
}
