// A node gets another id, and everything that names it follows.
import { isMap, isScalar, isSeq, type Node as Item, type Scalar, type YAMLMap } from "yaml";
import { renamed, renamedIn } from "./cel";
import { end, find, inner, nameOf, pairOf, parse, start } from "./parse";
import { frameOf, idOf, isWithin, keysOf, NOTES } from "./read";
import { type Splice, spliced, verified } from "./splice";
import { NotEditable, type Path } from "./types";
import { isFields, scalar } from "./write";

/** The text with the node renamed: in the expressions and `after` of its scope, and on the canvas. */
export function renameNode(text: string, path: Path, id: string): string {
  const { root, value } = parse(text);
  const frame = find(root, keysOf(frameOf(path)));
  const nodes = inner(frame, "nodes");
  const old = idOf(path);
  const pair = isMap(nodes) ? pairOf(nodes as YAMLMap, old) : undefined;
  if (!pair || old === id) return text;
  if (pairOf(nodes as YAMLMap, id)) throw new NotEditable(`There is a node ${id} already.`);
  const change = new Renaming(text, old, id);
  change.key(pair.key);
  change.frame(frame as YAMLMap);
  change.places(find(root, ["view"]), path);
  const made = spliced(text, change.splices);
  return verified(made, inValue(value, path, id));
}

class Renaming {
  readonly splices: Splice[] = [];

  constructor(readonly text: string, readonly old: string, readonly id: string) {}

  key(item: Item, name = this.id): void {
    this.splices.push({ from: start(item), to: end(this.text, item), insert: scalar(name) });
  }

  /** What sees the nodes of a frame: its nodes and all below them, its output, its condition. */
  frame(frame: YAMLMap): void {
    const nodes = inner(frame, "nodes");
    for (const pair of isMap(nodes) ? nodes.items : []) this.node(pair.value as Item | null);
    this.texts(inner(frame, "output"));
    this.texts(inner(inner(frame, "loop"), "until"), true);
  }

  private node(node: Item | null): void {
    if (!isMap(node)) return;
    this.texts(inner(node, "with"));
    this.texts(inner(inner(node, "each"), "items"));
    this.texts(inner(node, "when"), true);
    const after = inner(node, "after");
    for (const one of isSeq(after) ? after.items : []) if (isScalar(one) && one.value === this.old) this.key(one);
    this.below(node);
  }

  /** A frame within, unless it has a node of this id of its own. */
  private below(node: YAMLMap): void {
    const nodes = inner(node, "nodes");
    if (isMap(nodes) && !pairOf(nodes as YAMLMap, this.old)) {
      for (const pair of nodes.items) this.withoutAfter(pair.value as Item | null);
      this.texts(inner(node, "output"));
      this.texts(inner(inner(node, "loop"), "until"), true);
    }
  }

  private withoutAfter(node: Item | null): void {
    if (!isMap(node)) return;
    this.texts(inner(node, "with"));
    this.texts(inner(inner(node, "each"), "items"));
    this.texts(inner(node, "when"), true);
    this.below(node);
  }

  private texts(item: Item | null, bare = false): void {
    if (isMap(item)) for (const pair of item.items) this.texts(pair.value as Item | null, bare);
    else if (isSeq(item)) for (const one of item.items) this.texts(one as Item, bare);
    else if (isScalar(item) && typeof item.value === "string") this.scalar(item, item.value, bare);
  }

  private scalar(item: Scalar, value: string, bare: boolean): void {
    const change = bare ? renamedIn : renamed;
    const next = change(value, this.old, this.id);
    if (next === value) return;
    const [from, to] = [start(item as Item), end(this.text, item as Item)];
    const written = this.text.slice(from, to);
    const quotes = item.type === "QUOTE_DOUBLE" || item.type === "QUOTE_SINGLE" ? 1 : 0;
    const escaped = quotes > 0 && (written.includes("\\") || written.slice(1, -1).includes("''"));
    const within = escaped ? scalar(next) : written.slice(0, quotes) + change(written.slice(quotes, written.length - quotes), this.old, this.id) + written.slice(written.length - quotes);
    this.splices.push({ from, to, insert: within });
  }

  places(view: Item | null, path: Path): void {
    for (const pair of isMap(view) ? view.items : []) {
      const name = nameOf(pair);
      if (name !== NOTES && isWithin(name, path)) this.key(pair.key as Item, moved(name, path, this.id));
    }
  }
}

function moved(name: Path, path: Path, id: string): Path {
  const frame = frameOf(path);
  return (frame ? `${frame}.${id}` : id) + name.slice(path.length);
}

// ── the same on values ─────────────────────────────────────────────────────────────────────────────────────────────

type Fields = Record<string, unknown>;

function inValue(value: unknown, path: Path, id: string): unknown {
  const [old, keys] = [idOf(path), keysOf(frameOf(path))];
  const top = isFields(value) && isFields(value.view) ? { ...value, view: mapKeys(value.view, (name) => (name !== NOTES && isWithin(name, path) ? moved(name, path, id) : name)) } : value;
  return inside(top, keys, (frame) => renamedFrame(frame, old, id, true));
}

function inside(value: unknown, keys: (string | number)[], change: (fields: Fields) => Fields): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return change(value as Fields);
  return { ...(value as Fields), [key]: inside((value as Fields)[key], rest, change) };
}

function renamedFrame(frame: Fields, old: string, id: string, own: boolean): Fields {
  const nodes = isFields(frame.nodes) ? frame.nodes : undefined;
  if (!nodes || (!own && old in nodes)) return frame;
  const inner = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [own && name === old ? id : name, isFields(node) ? renamedNode(node, old, id, own) : node]));
  const loop = isFields(frame.loop) && "until" in frame.loop ? { loop: { ...frame.loop, until: texts(frame.loop.until, (one) => renamedIn(one, old, id)) } } : {};
  return { ...frame, nodes: inner, ...loop, ...mapped(frame, "output", (one) => renamed(one, old, id)) };
}

function renamedNode(node: Fields, old: string, id: string, own: boolean): Fields {
  const braces = (one: string) => renamed(one, old, id);
  const after = own && Array.isArray(node.after) ? { after: node.after.map((one) => (one === old ? id : one)) } : {};
  const each = isFields(node.each) ? { each: { ...node.each, ...mapped(node.each, "items", braces) } } : {};
  const made = { ...node, ...mapped(node, "with", braces), ...mapped(node, "when", (one) => renamedIn(one, old, id)), ...each, ...after };
  return renamedFrame(made, old, id, false);
}

function mapped(fields: Fields, key: string, change: (text: string) => string): Fields {
  return key in fields ? { [key]: texts(fields[key], change) } : {};
}

function texts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => texts(one, change));
  return isFields(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, texts(one, change)])) : value;
}

function mapKeys(fields: Fields, change: (key: string) => string): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [change(key), value]));
}
