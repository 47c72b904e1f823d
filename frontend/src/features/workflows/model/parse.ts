// YAML with the place of every value. Reading the same text again costs nothing.
import { isMap, isScalar, isSeq, LineCounter, type Node as Item, type Pair, parseDocument, type YAMLMap } from "yaml";
import type { Keys, Wrong } from "./types";

export interface Parsed {
  text: string;
  root: YAMLMap | null;
  value: unknown;
  wrong?: Wrong;
  lineOf: (at: number) => number;
}

const KEPT = 8;
const kept = new Map<string, Parsed>();

export function parse(text: string): Parsed {
  const found = kept.get(text) ?? parsed(text);
  kept.delete(text);
  kept.set(text, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value as string);
  return found;
}

function parsed(text: string): Parsed {
  const lines = new LineCounter();
  const lineOf = (at: number) => lines.linePos(at).line;
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const root = isMap(doc.contents) ? doc.contents : null;
  const first = doc.errors[0];
  if (first) {
    const { line, col } = lines.linePos(first.pos[0]);
    return { text, root: null, value: null, lineOf, wrong: { line, column: col, message: first.message.split("\n")[0] as string } };
  }
  try {
    return { text, root, value: doc.toJS(), lineOf };
  } catch (wrong) {
    return { text, root: null, value: null, lineOf, wrong: { line: 1, column: 1, message: String(wrong) } };
  }
}

export function find(root: Item | null, keys: Keys): Item | null {
  let item: Item | null = root;
  for (const key of keys) item = inner(item, key);
  return item;
}

export function inner(item: Item | null, key: string | number): Item | null {
  if (isMap(item)) return (pairOf(item, String(key))?.value as Item | undefined) ?? null;
  return isSeq(item) ? ((item.items[Number(key)] as Item | undefined) ?? null) : null;
}

export function pairOf(map: YAMLMap, key: string): Pair<Item, Item> | undefined {
  return map.items.find((pair) => nameOf(pair) === key) as Pair<Item, Item> | undefined;
}

export function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : "";
}

export function start(item: Item): number {
  return item.range?.[0] ?? 0;
}

/** Where a value ends, without the line ends and comments that follow it. */
export function end(text: string, item: Item): number {
  if ((isMap(item) || isSeq(item)) && !item.flow) {
    const last = item.items.at(-1) as Pair<Item, Item> | Item | undefined;
    if (last === undefined) return start(item);
    return endOfPart(text, last);
  }
  const [from, to] = [start(item), item.range?.[1] ?? 0];
  return from + text.slice(from, to).trimEnd().length;
}

/** Where an item of a list, or a pair of a map, ends. */
export function endOfPart(text: string, part: Pair<Item, Item> | Item): number {
  if (!("key" in part)) return end(text, part);
  const { key, value } = part;
  const colon = colonAfter(text, key);
  return !value || isNothing(value) ? colon : Math.max(end(text, value), colon);
}

/** Whether nothing is written there, as after `key:`. */
export function isNothing(item: Item): boolean {
  return isScalar(item) && item.range?.[0] === item.range?.[1];
}

/** Just behind the colon of a key. */
export function colonAfter(text: string, key: Item): number {
  const after = key.range?.[1] ?? 0;
  const colon = text.indexOf(":", after);
  return colon >= 0 && !text.slice(after, colon).trim() ? colon + 1 : after;
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** The end of the line at a place, without its line end. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf("\n", at);
  return found < 0 ? text.length : found - (text[found - 1] === "\r" ? 1 : 0);
}

export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}
