// What a person does on the canvas, as edits of the text.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "../change";
import { connect, copyNodes, disconnect, moveNode, pasteNodes, place, removeNodes, setNotes } from "../model/edit";
import { frameOf, nodeAt, read } from "../model/read";
import type { Flow, Path, Place } from "../model/types";
import { useStudio } from "../state";
import { NOTE } from "./data";
import type { Edge } from "./graph";
import { type Boxes, tidied } from "./layout";
import { withNote } from "./notes";
import { type Adding, added, type Blocks, connected, type End, type Kind, refusal } from "./wiring";

export type Actions = ReturnType<typeof useActions>;

/** Edits, and what is said of the last one to those who listen. */
export function useActions(flow: Flow, boxes: Boxes, edges: Edge[], blocks: Blocks) {
  const { t } = useTranslation();
  const { select } = useStudio();
  const { change, said, say } = useChange();
  const act = useMemo(() => {
    const within = (path: Path | undefined): Path => {
      const node = path && nodeAt(flow, path);
      return !node ? "" : node.kind === "block" ? node.frame : node.path;
    };
    return {
      add: (kind: Kind, where: Adding) => {
        let made: Path | undefined;
        change(t("canvas.did.add"), (text) => {
          const next = added(where.at ? place(text, settled(flow, boxes, [where.frame])) : text, read(text).flow ?? flow, blocks, kind, where);
          made = next.path;
          return next.text;
        });
        if (made) select([made]);
        return made;
      },
      connect: (from: End, to: End) => {
        const why = refusal(flow, edges, blocks, from, to);
        if (why) return say(t(`canvas.refused.${why}`));
        change(t("canvas.did.connect", { from: from.path, to: to.path }), (text) => connected(text, flow, blocks, from, to));
      },
      remove: (ids: string[]) => {
        const nodes = ids.filter((id) => nodeAt(flow, id));
        const notes = new Set(ids.filter((id) => id.startsWith(NOTE)).map((id) => id.slice(NOTE.length)));
        const wires = ids.filter((id) => id.includes(">")).map((id) => id.split(">") as [Path, Path]);
        if (!nodes.length && !notes.size && !wires.length) return;
        if (wires.some(([from, to]) => !isAfter(flow, from, to)) && !nodes.length && !notes.size) return say(t("canvas.refused.data"));
        select([]);
        change(t("canvas.did.remove", { count: nodes.length + notes.size + wires.length }), (text) => {
          const cut = wires.reduce((next, [from, to]) => disconnect(next, from, to), nodes.length ? removeNodes(text, nodes) : text);
          return notes.size ? setNotes(cut, flow.notes.filter(({ id }) => !notes.has(id))) : cut;
        });
      },
      copy: (text: string, paths: Path[]) => copyNodes(text, paths),
      paste: (yaml: string, onto: Path | undefined) => {
        let paths: Path[] = [];
        const done = change(t("canvas.did.paste"), (text) => {
          const next = pasteNodes(text, within(onto), yaml);
          paths = next.paths;
          return next.text;
        });
        if (done) select(paths);
        return paths;
      },
      move: (moved: Record<string, Place>, into?: { path: Path; frame: Path }) =>
        change(t("canvas.did.move"), (text) => {
          const notes = flow.notes.map((note) => ({ ...note, at: moved[NOTE + note.id] ?? note.at }));
          const nodes = Object.fromEntries(Object.entries(moved).filter(([id]) => !id.startsWith(NOTE)));
          const others = settled(flow, boxes, Object.keys(nodes).map(frameOf));
          let next = Object.keys(nodes).length ? place(text, { ...others, ...nodes }) : text;
          if (into) next = movedInto(next, into.path, into.frame);
          return notes.some(({ at }, i) => at !== flow.notes[i]?.at) ? setNotes(next, notes) : next;
        }),
      tidy: () => change(t("canvas.did.tidy"), (text) => place(text, tidied(flow, edges))),
      note: (at: Place) => change(t("canvas.did.note"), (text) => setNotes(text, withNote(flow.notes, at))),
      writeNote: (id: string, said: string) => change(t("canvas.did.note"), (text) => setNotes(text, flow.notes.map((note) => (note.id === id ? { ...note, text: said } : note)))),
      resizeNote: (id: string, size: [number, number]) => change(t("canvas.did.note"), (text) => setNotes(text, flow.notes.map((note) => (note.id === id ? { ...note, size } : note)))),
      after: (from: Path, to: Path) => change(t("canvas.did.connect", { from, to }), (text) => connect(text, from, to)),
      within,
    };
  }, [flow, boxes, edges, blocks, change, select, say, t]);
  return { ...act, said, say };
}

/** A node in another frame, where it finds its own place. */
function movedInto(text: string, path: Path, frame: Path): string {
  const made = moveNode(text, path, frame);
  const id = path.slice(path.lastIndexOf(".") + 1);
  return place(made, { [path]: undefined, [frame ? `${frame}.${id}` : id]: undefined });
}

function isAfter(flow: Flow, from: Path, to: Path): boolean {
  const after = nodeAt(flow, to)?.body.after;
  return Array.isArray(after) && after.includes(nodeAt(flow, from)?.id);
}

/** Places for all in these frames, as they stand now: once one is placed, the others are to stay where they are. */
function settled(flow: Flow, boxes: Boxes, frames: Path[]): Record<Path, Place> {
  const nodes = [...new Set(frames)].flatMap((frame) => (frame ? (nodeAt(flow, frame)?.nodes ?? []) : flow.nodes));
  return Object.fromEntries(nodes.filter(({ path }) => boxes[path]).map(({ path }) => [path, [boxes[path]?.x ?? 0, boxes[path]?.y ?? 0] as Place]));
}
