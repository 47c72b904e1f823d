// Every edit of a workflow: text in, text out. What an edit does not touch stays byte for byte.
import { insert, outOf, sourceOf } from "./lines";
import { parse } from "./parse";
import { allNodes, frameOf, idOf, isWithin, keysOf, nodeAt, read } from "./read";
import { at, drop, remove, same, set, spliced, verified } from "./splice";
import { outermost, visible } from "./copy";
import { fresh } from "./names";
import { renameNode } from "./rename";
import { type Keys, NotEditable, type Path, type Place } from "./types";
import { place } from "./view";
import { entry, isFields } from "./write";

export { copyNodes, pasteNodes } from "./copy";
export { renameNode } from "./rename";
export { place, setNotes } from "./view";

const NEEDLESS = new Set(["with", "after"]); // say nothing once they are empty

/** A field of a node (of the whole at the path ""), set or, where it is undefined, taken away. */
export function setIn(text: string, path: Path, keys: Keys, value: unknown): string {
  const whole = [...keysOf(path), ...keys];
  if (value !== undefined) return set(text, whole, value);
  const made = remove(text, whole);
  const above = whole.slice(0, -1);
  const left = at(parse(made).value, above);
  const needless = keys.length > 1 && NEEDLESS.has(String(above.at(-1))) && (same(left, {}) || same(left, []));
  return needless ? remove(made, above) : made;
}

/** One more node, at the end of a frame. */
export function addNode(text: string, frame: Path, id: string, body: Record<string, unknown>): string {
  if (at(parse(text).value, [...keysOf(frame), "nodes", id]) !== undefined) throw new NotEditable(`There is a node ${id} already.`);
  return insert(text, frame, entry(id, body, 0, 1), { [id]: body });
}

/** Without these nodes, without the `after`s that name them and without their places. */
export function removeNodes(text: string, paths: Path[]): string {
  const { flow } = read(text);
  const gone = outermost(paths).filter((path) => flow && nodeAt(flow, path));
  if (!flow || !gone.length) return text;
  const splices = outOf(text, gone);
  const made = splices
    ? verified(spliced(text, splices), gone.reduce((value, path) => drop(value, keysOf(path)), parse(text).value))
    : gone.reduce((next, path) => remove(next, keysOf(path)), text);
  const places = Object.keys(flow.places).filter((path) => gone.some((one) => isWithin(path, one)));
  const forgotten = places.length ? place(made, Object.fromEntries(places.map((path) => [path, undefined]))) : made;
  return gone.reduce(withoutAfter, forgotten);
}

function withoutAfter(text: string, gone: Path): string {
  const { flow } = read(text);
  const frame = frameOf(gone);
  const nodes = (frame ? flow && nodeAt(flow, frame)?.nodes : flow?.nodes) ?? [];
  return nodes.filter(({ body }) => Array.isArray(body.after) && body.after.includes(idOf(gone))).reduce((next, { path }) => disconnect(next, gone, path), text);
}

/** A node in another frame, or before another node of its own. */
export function moveNode(text: string, path: Path, frame: Path, before?: string): string {
  const { flow } = read(text);
  const node = flow && nodeAt(flow, path);
  if (!flow || !node) return text;
  if (isWithin(frame, path)) throw new NotEditable("A frame cannot be put into itself.");
  if (frame === node.frame) return reorder(text, path, before);
  const others = new Set(allNodes(flow.nodes).filter((one) => !isWithin(one.path, path)).map(({ id }) => id));
  const taken = visible(flow, frame).some(({ id, path: own }) => id === node.id && own !== path);
  const id = taken ? fresh(node.id, others) : node.id;
  const named = taken ? renameNode(text, path, id) : text;
  const from = node.frame ? `${node.frame}.${id}` : id;
  const to = frame ? `${frame}.${id}` : id;
  const alone = setIn(named, from, ["after"], undefined);
  const body = at(parse(alone).value, keysOf(from)) as Record<string, unknown>;
  const places = Object.entries(read(alone).flow?.places ?? {}).filter(([one]) => isWithin(one, from) && one !== from);
  const made = insert(removeNodes(alone, [from]), frame, sourceOf(alone, from), { [id]: body }, before);
  return places.length ? place(made, Object.fromEntries(places.map(([one, there]) => [to + one.slice(from.length), there as Place]))) : made;
}

function reorder(text: string, path: Path, before?: string): string {
  const { flow } = read(text);
  const siblings = (path.includes(".") ? flow && nodeAt(flow, frameOf(path))?.nodes : flow?.nodes) ?? [];
  if (before === idOf(path) || siblings.length < 2) return text;
  const splices = outOf(text, [path]);
  if (!splices) throw new NotEditable("Nodes written in one line have their order there.");
  const without = verified(spliced(text, splices), drop(parse(text).value, keysOf(path)));
  return insert(without, frameOf(path), sourceOf(text, path), { [idOf(path)]: at(parse(text).value, keysOf(path)) }, before);
}

/** Let a node wait for another of the same frame. */
export function connect(text: string, from: Path, to: Path): string {
  if (frameOf(from) !== frameOf(to) || from === to) throw new NotEditable("Only nodes of the same frame wait for each other.");
  const after = afterOf(text, to);
  return after.includes(idOf(from)) ? text : setIn(text, to, ["after"], [...after, idOf(from)]);
}

/** Let it wait no longer; what it refers to stays a reference. */
export function disconnect(text: string, from: Path, to: Path): string {
  const after = afterOf(text, to);
  if (!after.includes(idOf(from))) return text;
  const left = after.filter((id) => id !== idOf(from));
  return setIn(text, to, ["after"], left.length ? left : undefined);
}

function afterOf(text: string, path: Path): unknown[] {
  const body = at(parse(text).value, keysOf(path));
  return isFields(body) && Array.isArray(body.after) ? body.after : [];
}
