// Nodes as a piece of text that can be put anywhere: here, in another workflow, in a mail.
import { insert, shifted, sourceOf } from "./lines";
import { parse } from "./parse";
import { allNodes, frameOf, idOf, isWithin, nodeAt, read } from "./read";
import { renameNode } from "./rename";
import { type Flow, type Node, NotEditable, type Path, type Place } from "./types";
import { place } from "./view";
import { fresh } from "./names";
import { entry } from "./write";

const BESIDE = 32; // how far from its origin a copy stands on the canvas

/** YAML of `nodes`, with where they stand. */
export function copyNodes(text: string, paths: Path[]): string {
  const { flow } = read(text);
  const chosen = outermost(paths).filter((path) => flow && nodeAt(flow, path));
  if (!flow || !chosen.length) return "";
  const seen = new Set<string>();
  const own = chosen.filter((path) => !seen.has(idOf(path)) && seen.add(idOf(path)));
  const nodes = own.map((path) => shifted(sourceOf(text, path), 2)).join("\n");
  const places = Object.entries(flow.places).flatMap(([path, at]) => own.filter((one) => isWithin(path, one)).map((one) => [idOf(one) + path.slice(one.length), at] as const));
  return `nodes:\n${nodes}\n${places.length ? `${entry("view", Object.fromEntries(places), 0)}\n` : ""}`;
}

/** The text with copied nodes at the end of a frame, and where they came to stand. Ids that are taken get a number. */
export function pasteNodes(text: string, frame: Path, yaml: string): { text: string; paths: Path[] } {
  const { flow } = read(text);
  if (!flow) throw new NotEditable("The text cannot be read.");
  const named = withFreeIds(flow, frame, yaml);
  const copy = read(named).flow;
  if (!copy?.nodes.length) throw new NotEditable("There are no nodes in what was copied.");
  const bodies = Object.fromEntries(copy.nodes.map(({ id, body }) => [id, body]));
  const made = insert(text, frame, copy.nodes.map(({ path }) => sourceOf(named, path)).join("\n"), bodies);
  const under = (path: Path) => (frame ? `${frame}.${path}` : path);
  const places = Object.entries(copy.places).map(([path, [x, y]]) => [under(path), [x + BESIDE, y + BESIDE] as Place] as const);
  return { text: places.length ? place(made, Object.fromEntries(places)) : made, paths: copy.nodes.map(({ path }) => under(path)) };
}

/** Nodes that are not within others of these. */
export function outermost(paths: Path[]): Path[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
}

function withFreeIds(flow: Flow, frame: Path, yaml: string): string {
  if (parse(yaml).wrong) throw new NotEditable("What was copied is no YAML.");
  const everywhere = new Set(allNodes(flow.nodes).map(({ id }) => id));
  const around = new Set(visible(flow, frame).map(({ id }) => id));
  let made = yaml;
  for (const node of read(yaml).flow?.nodes ?? []) {
    for (const inner of allNodes(node.nodes).reverse()) {
      if (around.has(inner.id)) made = renameNode(made, inner.path, fresh(inner.id, everywhere));
    }
    if (everywhere.has(node.id)) made = renameNode(made, node.path, fresh(node.id, everywhere));
    everywhere.add(node.id);
  }
  return made;
}

/** Every node seen from inside a frame. */
export function visible(flow: Flow, frame: Path): Node[] {
  const own = frame ? (nodeAt(flow, frame)?.nodes ?? []) : flow.nodes;
  return frame ? [...own, ...visible(flow, frameOf(frame))] : own;
}
