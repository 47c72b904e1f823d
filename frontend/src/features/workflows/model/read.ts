// A text as a workflow. Whatever is half written is taken as far as it goes; only what is no YAML is refused.
import { isMap, type YAMLMap } from "yaml";
import { find, nameOf, parse, start } from "./parse";
import type { Flow, Keys, Node, Note, Path, Place, Wrong } from "./types";
import { isFields } from "./write";

export const NOTES = "_notes";

export function read(text: string): { flow: Flow; wrong?: undefined } | { flow?: undefined; wrong: Wrong } {
  const doc = parse(text);
  if (doc.wrong) return { wrong: doc.wrong };
  if (!doc.root) return { wrong: { line: 1, column: 1, message: "This is no definition: it has no keys." } };
  const value = doc.value as Record<string, unknown>;
  const view = isFields(value.view) ? value.view : {};
  const flow: Flow = {
    name: word(value.name) ?? "",
    title: word(value.title),
    input: isFields(value.input) ? value.input : undefined,
    output: value.output,
    nodes: nodesOf(text, "", value.nodes, find(doc.root, ["nodes"]) as YAMLMap | null),
    places: Object.fromEntries(Object.entries(view).flatMap(([path, place]) => (isPair(place) ? [[path, place]] : []))),
    notes: notesOf(view[NOTES]),
  };
  return { flow };
}

function nodesOf(text: string, frame: Path, value: unknown, item: YAMLMap | null): Node[] {
  if (!isFields(value) || !isMap(item)) return [];
  return item.items.map((pair) => {
    const id = nameOf(pair);
    const body = isFields(value[id]) ? value[id] : {};
    const path = frame ? `${frame}.${id}` : id;
    const inner = isMap(pair.value) ? (find(pair.value, ["nodes"]) as YAMLMap | null) : null;
    return {
      path, id, frame, body,
      kind: body.each !== undefined ? "each" : body.loop !== undefined ? "loop" : "block",
      block: word(body.block),
      nodes: nodesOf(text, path, body.nodes, inner),
      line: parse(text).lineOf(start(pair.key as never)),
    };
  });
}

function notesOf(value: unknown): Note[] {
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([id, note]) => {
    if (!isFields(note)) return [];
    const size = isPair(note.size) ? { size: note.size } : {};
    return [{ id, text: word(note.text) ?? "", at: isPair(note.at) ? note.at : [0, 0], ...size } satisfies Note];
  });
}

function word(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function isPair(value: unknown): value is Place {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === "number");
}

/** Where a node stands in the text, as keys from the top. */
export function keysOf(path: Path): Keys {
  return path ? path.split(".").flatMap((id) => ["nodes", id]) : [];
}

/** Every node, frames before what is in them. */
export function allNodes(nodes: Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.nodes)]);
}

export function nodeAt(flow: Flow, path: Path): Node | undefined {
  let nodes = flow.nodes;
  let found: Node | undefined;
  for (const id of path.split(".")) {
    found = nodes.find((node) => node.id === id);
    nodes = found?.nodes ?? [];
  }
  return found;
}

export function frameOf(path: Path): Path {
  return path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
}

export function idOf(path: Path): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Whether a node is the frame, or stands in it at any depth. */
export function isWithin(path: Path, frame: Path): boolean {
  return path === frame || path.startsWith(`${frame}.`);
}
