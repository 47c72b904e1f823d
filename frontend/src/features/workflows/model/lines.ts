// Nodes as lines: taken out, moved and put in with their comments.
import { isMap, type Node as Item, type Pair, type YAMLMap } from "yaml";
import { colonAfter, columnOf, find, lineStart, nameOf, pairOf, parse, start } from "./parse";
import { frameOf, idOf, keysOf } from "./read";
import { at, put, same, set, type Splice, spliced, partEnd, verified } from "./splice";
import { NotEditable, type Path } from "./types";
import { entry } from "./write";

interface Lines {
  from: number; // of the first line, comments above it included
  to: number; // behind the last line's end
  column: number;
}

/** The lines of a node, or null where it does not stand in lines of its own. */
export function linesOf(text: string, path: Path): Lines | null {
  const map = find(parse(text).root, [...keysOf(frameOf(path)), "nodes"]);
  const pair = isMap(map) ? pairOf(map as YAMLMap, idOf(path)) : undefined;
  if (!pair || (map as YAMLMap).flow) return null;
  const key = start(pair.key);
  const column = columnOf(text, key);
  if (text.slice(lineStart(text, key), key).trim()) return null;
  return { from: commentsAbove(text, lineStart(text, key), column), to: Math.min(partEnd(text, pair as Pair<Item, Item>, column) + 1, text.length), column };
}

function commentsAbove(text: string, line: number, column: number): number {
  let from = line;
  while (from > 0) {
    const above = lineStart(text, from - 1);
    const found = /^( *)#/.exec(text.slice(above, from));
    if (found?.[1]?.length !== column) break;
    from = above;
  }
  return from;
}

/** A node as YAML from column 0, without a line end. */
export function sourceOf(text: string, path: Path): string {
  const lines = linesOf(text, path);
  if (!lines) return entry(idOf(path), at(parse(text).value, keysOf(path)), 0, 1);
  return shifted(text.slice(lines.from, lines.to).replace(/\r?\n$/, ""), -lines.column);
}

/** Lines moved to the right, or as far to the left as they go. */
export function shifted(source: string, by: number): string {
  if (by >= 0) return source.replace(/^(?=.)/gm, " ".repeat(by));
  return source.replace(new RegExp(`^ {1,${-by}}`, "gm"), "");
}

/** What takes the lines of nodes out; null where one does not stand in lines of its own. */
export function outOf(text: string, paths: Path[]): Splice[] | null {
  const splices: Splice[] = [];
  for (const frame of new Set(paths.map(frameOf))) {
    const ids = new Set(paths.filter((path) => frameOf(path) === frame).map(idOf));
    const pair = pairOf(find(parse(text).root, keysOf(frame)) as YAMLMap, "nodes");
    const map = pair?.value as YAMLMap | undefined;
    if (!pair || !map || map.flow) return null;
    if (map.items.every((one) => ids.has(nameOf(one)))) splices.push(emptied(text, pair));
    else splices.push(...[...ids].map((id) => linesOf(text, frame ? `${frame}.${id}` : id)).map((lines) => ({ from: lines?.from ?? -1, to: lines?.to ?? -1, insert: "" })));
  }
  return splices.some(({ from }) => from < 0) ? null : splices;
}

/** A frame without nodes says so behind its key. */
function emptied(text: string, nodes: Pair<Item, Item>): Splice {
  const map = nodes.value as YAMLMap;
  const to = partEnd(text, map.items.at(-1) as Pair<Item, Item>, columnOf(text, start(map)));
  return { from: colonAfter(text, nodes.key), to, insert: " {}" };
}

/** The text with nodes put at the end of a frame, or before one of its nodes. `source` is theirs, from column 0. */
export function insert(text: string, frame: Path, source: string, bodies: Record<string, unknown>, before?: string): string {
  const keys = [...keysOf(frame), "nodes"];
  const wanted = Object.entries(bodies).reduce<unknown>((value, [id, body]) => put(value, [...keys, id], body), parse(text).value);
  if (frame && at(wanted, keysOf(frame)) === undefined) throw new NotEditable("There is no such frame.");
  const map = find(parse(text).root, keys);
  const rows = isMap(map) && !map.flow && map.items.length > 0;
  return verified(rows ? inRows(text, frame, map as YAMLMap, source, before) : inEmpty(text, keys, source, bodies), wanted);
}

function inRows(text: string, frame: Path, map: YAMLMap, source: string, before?: string): string {
  const column = columnOf(text, start(map));
  const lines = shifted(source, column);
  const next = before === undefined ? null : linesOf(text, frame ? `${frame}.${before}` : before);
  if (next) return spliced(text, [{ from: next.from, to: next.from, insert: `${lines}\n` }]);
  const place = partEnd(text, map.items.at(-1) as Pair<Item, Item>, column);
  return spliced(text, [{ from: place, to: place, insert: `\n${lines}` }]);
}

/** A frame that is empty, or written in one line: the values go in, and the lines take their place where they can. */
function inEmpty(text: string, keys: (string | number)[], source: string, bodies: Record<string, unknown>): string {
  const made = Object.entries(bodies).reduce((next, [id, body]) => set(next, [...keys, id], body), text);
  const path = keys.filter((_, i) => i % 2 === 1).join(".");
  const ids = Object.keys(bodies).map((id) => linesOf(made, path ? `${path}.${id}` : id));
  const [first, last] = [ids[0], ids.at(-1)];
  if (!first || !last) return made;
  const lines = shifted(source, first.column) + (made[last.to - 1] === "\n" ? "\n" : "");
  const better = made.slice(0, first.from) + lines + made.slice(last.to);
  return same(parse(better).value, parse(made).value) ? better : made;
}

