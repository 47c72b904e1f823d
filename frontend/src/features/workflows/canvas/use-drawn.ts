// The flow as xyflow holds it: its own places while something is dragged, the text's as soon as it is let go.
import { applyNodeChanges, type EdgeChange, type NodeChange } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { allNodes } from "../model/read";
import type { Flow, Node, Path } from "../model/types";
import { useStudio } from "../state";
import { drawnOf, wiresOf } from "./cards";
import { type Drawn, type Mark, NOTE, type Went } from "./data";
import { boxesOf } from "./layout";
import { MARK_WORDS } from "./mark";
import { nodePath } from "./problems";
import type { Wire } from "./wires";
import type { Blocks } from "./wiring";

const NOTHING: Record<Path, Went> = {};
const UNMARKED: Record<Path, Mark> = {};
const NOBODY: Set<Path> = new Set();

export type Canvas = ReturnType<typeof useDrawn>;

interface Given {
  flow: Flow;
  blocks: Blocks;
  went?: Record<Path, Went>;
  marks?: Record<Path, Mark>;
  pinned?: Set<Path>;
  readOnly: boolean;
}

export function useDrawn({ flow, blocks, went = NOTHING, marks = UNMARKED, pinned = NOBODY, readOnly }: Given) {
  const { t } = useTranslation();
  const { selected, select, edges: links, problems } = useStudio();
  const [nodes, setNodes] = useState<Drawn[]>([]);
  const [more, setMore] = useState<Set<string>>(new Set()); // notes and wires that are selected
  const [linked, setLinked] = useState(false); // whether the places of the nodes are those that edges give
  const held = useRef(false);
  const [dropped, drop] = useState(0);
  const opened = useRef<"" | "seen" | "linked">("");
  const known = useMemo(() => new Map(allNodes(flow.nodes).map((node) => [node.path, node])), [flow]);
  const boxes = useMemo(() => boxesOf(flow, links), [flow, links]);
  const wrong = useMemo(() => counted(problems.map(({ path }) => nodePath(path)), known), [problems, known]);
  const marked = useMemo(() => [...selected.filter((path) => known.has(path)), ...more], [selected, more, known]);
  const named = useMemo(() => {
    const kinds = new Map<string, string>();
    return (node: Node) => {
      const kind = kinds.get(node.block ?? node.kind) ?? t(`canvas.kinds.${node.kind}`, { of: node.block ?? "" });
      kinds.set(node.block ?? node.kind, kind);
      const status = went[node.path]?.status;
      const mark = marks[node.path];
      return [String(node.body.title ?? "") || node.id, kind, status ? t(`status.${status as "done"}`) : "", mark ? t(MARK_WORDS[mark]) : ""].filter(Boolean).join(", ");
    };
  }, [went, marks, t]);
  useEffect(() => {
    if (held.current) return;
    const anchor = selected.find((path) => known.has(path)) ?? flow.nodes[0]?.path ?? "";
    setLinked(links.length > 0);
    setNodes((before) => drawnOf(flow, boxes, { blocks, went, marks, pinned, problems: wrong, selected: new Set(marked), anchor, named }, before));
  }, [flow, boxes, links, blocks, went, marks, pinned, wrong, marked, selected, known, named, dropped]);
  const edges = useMemo(() => wiresOf(links, new Set(known.keys()), more, !readOnly), [links, known, more, readOnly]);

  const change = useCallback(
    (changes: NodeChange<Drawn>[]) => {
      const picks = changes.filter((one) => one.type === "select");
      const rest = changes.filter((one) => one.type !== "select" && one.type !== "remove");
      if (rest.length) setNodes((now) => applyNodeChanges(rest, now));
      if (!picks.length) return;
      const next = new Set(marked);
      for (const one of picks) turn(next, one);
      const paths = [...next].filter((id) => known.has(id));
      setMore(new Set([...next].filter((id) => id.startsWith(NOTE))));
      if (paths.join() !== selected.join()) select(paths);
    },
    [marked, known, selected, select],
  );
  const changeEdges = useCallback((changes: EdgeChange<Wire>[]) => {
    setMore((now) => {
      const next = new Set(now);
      for (const one of changes) if (one.type === "select") turn(next, one);
      return next;
    });
  }, []);
  const hold = useCallback((is: boolean) => {
    held.current = is;
    if (!is) drop((n) => n + 1);
  }, []);
  return { nodes, edges, linked, boxes, known, marked, change, changeEdges, hold, opened };
}

function counted(paths: Path[], known: Map<Path, Node>): Map<Path, number> {
  const counts = new Map<Path, number>();
  for (const path of paths) if (known.has(path)) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

function turn(chosen: Set<string>, { id, selected }: { id: string; selected: boolean }): void {
  if (selected) chosen.add(id);
  else chosen.delete(id);
}
