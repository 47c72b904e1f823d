// Where nodes and notes stand on the canvas: `view`, which is outside of what a version means.
import { isMap, type Node as Item, type Pair, type YAMLMap } from "yaml";
import { columnOf, end, find, lineStart, nameOf, pairOf, parse, start } from "./parse";
import { NOTES } from "./read";
import { addPart, partEnd, remove, same, set, type Splice, spliced, verified } from "./splice";
import type { Note, Path, Place } from "./types";
import { entry, inline, isFields } from "./write";

type Fields = Record<string, unknown>;

/** The text with nodes placed; undefined takes a place away. */
export function place(text: string, places: Record<Path, Place | undefined>): string {
  const view = { ...viewOf(text) };
  for (const [path, at] of Object.entries(places)) {
    if (at) view[path] = at.map(Math.round);
    else delete view[path];
  }
  return write(text, view);
}

/** The text with these notes and no others. */
export function setNotes(text: string, notes: Note[]): string {
  const { [NOTES]: _, ...view } = viewOf(text);
  const fields = ({ text: said, at, size }: Note) => ({ text: said, at: at.map(Math.round), ...(size && { size: size.map(Math.round) }) });
  return write(text, notes.length ? { ...view, [NOTES]: Object.fromEntries(notes.map((note) => [note.id, fields(note)])) } : view);
}

function viewOf(text: string): Fields {
  const value = parse(text).value;
  return isFields(value) && isFields(value.view) ? value.view : {};
}

function write(text: string, view: Fields): string {
  const doc = parse(text);
  const old = viewOf(text);
  if (same(old, view)) return text;
  if (!Object.keys(view).length) return remove(text, ["view"]);
  const item = find(doc.root, ["view"]);
  if (!isMap(item)) return set(text, ["view"], view);
  if (item.flow && text.slice(start(item), end(text, item)) === inline(old)) return anew(text, view, item as YAMLMap);
  if (item.flow) return set(text, ["view"], view);
  return inLines(text, view, old, item as YAMLMap);
}

/** A view in one line is written anew, over several lines where it has become long. */
function anew(text: string, view: Fields, item: YAMLMap): string {
  const pair = pairOf(parse(text).root as YAMLMap, "view") as Pair<Item, Item>;
  const made = text.slice(0, start(pair.key)) + entry("view", view, 0) + text.slice(end(text, item));
  return verified(made, { ...(parse(text).value as Fields), view });
}

/** Many at once: places that were there are changed where they stand, new ones follow. */
function inLines(text: string, view: Fields, old: Fields, item: YAMLMap): string {
  const splices: Splice[] = [];
  for (const pair of item.items as Pair<Item, Item>[]) {
    const [name, value] = [nameOf(pair), pair.value];
    if (same(view[name], old[name])) continue;
    if (!(name in view)) {
      splices.push(lineOf(text, pair));
      continue;
    }
    if (isMap(value) || !value || name === NOTES) return set(text, ["view"], view);
    splices.push({ from: start(value), to: end(text, value), insert: inline(view[name]) });
  }
  if (Object.keys(old).every((name) => !(name in view))) return set(text, ["view"], view);
  const kept = spliced(text, splices);
  const fresh = Object.entries(view).filter(([name]) => !(name in old));
  const made = fresh.reduceRight((next, [name, value]) => addPart(next, find(parse(kept).root, ["view"]) as YAMLMap, name, value), kept);
  return verified(made, { ...(parse(text).value as Fields), view });
}

function lineOf(text: string, pair: Pair<Item, Item>): Splice {
  const from = lineStart(text, start(pair.key));
  return { from, to: Math.min(partEnd(text, pair, columnOf(text, start(pair.key))) + 1, text.length), insert: "" };
}
