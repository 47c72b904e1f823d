// Edits of a text by ranges: what is not touched stays as it was, comments included. Each result is read again and
// compared with what it was meant to give, so that no edit ever spoils a text.
import { isMap, isScalar, isSeq, type Node as Item, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import {
  colonAfter, columnOf, end, endOfPart, find, inner, isNothing, lineEnd, lineStart, nameOf, parse, start,
} from "./parse";
import { type Keys, NotEditable } from "./types";
import { block, entry, inline, isFields, render } from "./write";

type Part = Pair<Item, Item> | Item;

export interface Splice {
  from: number;
  to: number;
  insert: string;
}

/** Several ranges of a text at once; they do not overlap. */
export function spliced(text: string, splices: Splice[]): string {
  const ordered = [...splices].sort((a, b) => b.from - a.from || b.to - a.to);
  return ordered.reduce((made, { from, to, insert }) => made.slice(0, from) + insert + made.slice(to), text);
}

/** The text with `value` at the keys: put in its place, or added to what is around it. Only what differs is touched. */
export function set(text: string, keys: Keys, value: unknown): string {
  const doc = parse(text);
  const item = find(doc.root, keys);
  const made = item === null || isNothing(item) ? add(text, keys, value, item) : (apart(text, keys, item, value) ?? replace(text, keys, item, value));
  return verified(made, put(doc.value, keys, value));
}

/** The text without what stands at the keys. What is not there needs no taking away. */
export function remove(text: string, keys: Keys): string {
  const doc = parse(text);
  const above = find(doc.root, keys.slice(0, -1));
  const last = keys.at(-1) as string | number;
  if (!above || !partsOf(above).some((part, i) => isAt(part, i, last))) return text;
  const [from, to, left] = extent(text, above as YAMLMap | YAMLSeq, last);
  return verified(text.slice(0, from) + left + text.slice(to), drop(doc.value, keys));
}

export function verified(text: string, wanted: unknown): string {
  const { wrong, value } = parse(text);
  if (wrong || !same(value, wanted)) throw new NotEditable("This place of the text cannot be edited from here; in the text it can.");
  return text;
}

/** What differs of a map or a list, one by one; undefined where it is written anew. */
function apart(text: string, keys: Keys, item: Item, value: unknown): string | undefined {
  const old = find(parse(text).root, keys) && at(parse(text).value, keys);
  if (same(old, value)) return text;
  if (isMap(item) && isFields(value) && isFields(old) && Object.keys(value).some((key) => key in old)) {
    const gone = Object.keys(old).filter((key) => !(key in value));
    const kept = gone.reduce((next, key) => remove(next, [...keys, key]), text);
    return Object.entries(value).reduce((next, [key, one]) => (key in old && same(old[key], one) ? next : set(next, [...keys, key], one)), kept);
  }
  if (isSeq(item) && Array.isArray(value) && Array.isArray(old)) return listApart(text, keys, old, value);
  return undefined;
}

function listApart(text: string, keys: Keys, old: unknown[], value: unknown[]): string | undefined {
  if (!old.length || !value.length) return undefined;
  if (value.length >= old.length) return value.reduce((next: string, one, i) => (i < old.length && same(old[i], one) ? next : set(next, [...keys, i], one)), text);
  const gone: number[] = [];
  let from = 0;
  for (const [i, one] of old.entries()) {
    if (from < value.length && same(one, value[from])) from++;
    else gone.unshift(i);
  }
  return from === value.length ? gone.reduce((next, i) => remove(next, [...keys, i]), text) : undefined;
}

// ── replacing ──────────────────────────────────────────────────────────────────────────────────────────────────────

function replace(text: string, keys: Keys, item: Item, value: unknown): string {
  const [from, to] = [start(item), end(text, item)];
  let indent = indentOf(text, keys);
  if (text.slice(to, lineEnd(text, to)).trim()) indent = null; // a comment or more of a flow collection follows in its line
  const inBlock = indent !== null && !isScalar(item) && !(item as YAMLMap).flow;
  if (inBlock && isFields(value) && Object.keys(value).length) {
    return text.slice(0, from) + block(value, columnOf(text, from)).trimStart() + text.slice(to);
  }
  if (inBlock) return `${text.slice(0, from).trimEnd()} ${render(value, null)}${text.slice(to)}`;
  return text.slice(0, from) + render(value, indent) + text.slice(to);
}

/** Columns before what belongs to the value at the keys, in block style; null inside flow collections. */
function indentOf(text: string, keys: Keys): number | null {
  let item = parse(text).root as Item | null;
  let column = -2;
  for (const key of keys) {
    if (!item || isScalar(item)) break;
    if ((item as YAMLMap).flow) return null;
    column = columnOf(text, start(item));
    item = inner(item, key);
  }
  return column + 2;
}

// ── adding ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function add(text: string, keys: Keys, value: unknown, nothing: Item | null): string {
  const last = keys.at(-1);
  if (last === undefined) throw new NotEditable("The text holds no definition.");
  const above = find(parse(text).root, keys.slice(0, -1));
  if (nothing && above) return fill(text, above as YAMLMap, last, value);
  if (!above || isNothing(above)) return set(text, keys.slice(0, -1), typeof last === "number" ? [value] : { [last]: value });
  if (isScalar(above) || isSeq(above) !== (typeof last === "number")) throw new NotEditable(`There is no place for ${keys.join(".")}.`);
  return addPart(text, above as YAMLMap | YAMLSeq, last, value, keys.at(-2) === "nodes" ? 1 : 0);
}

/** `key:` with nothing behind it gets its value. */
function fill(text: string, above: YAMLMap, key: string | number, value: unknown): string {
  const pair = above.items.find((one) => nameOf(one) === key) as Pair<Item, Item> | undefined;
  if (!pair) throw new NotEditable(`There is no place for ${key}.`);
  const colon = colonAfter(text, pair.key);
  if (above.flow || text.slice(colon, lineEnd(text, colon)).trim()) return `${text.slice(0, colon)} ${inline(value)}${text.slice(colon)}`;
  const column = columnOf(text, start(pair.key));
  return text.slice(0, start(pair.key)) + entry(String(key), value, column) + text.slice(colon);
}

/** One more part of a map or a list; `open` maps of it from the outside in go over several lines. */
export function addPart(text: string, above: YAMLMap | YAMLSeq, key: string | number, value: unknown, open = 0): string {
  if (above.flow) return addInFlow(text, above, key, value, open);
  const column = columnOf(text, start(above));
  const place = partEnd(text, above.items.at(-1) as Part, column);
  const made = isSeq(above) ? `- ${render(value, column + 2)}` : entry(String(key), value, column, open);
  return `${text.slice(0, place)}\n${" ".repeat(column)}${made}${text.slice(place)}`;
}

function addInFlow(text: string, above: YAMLMap | YAMLSeq, key: string | number, value: unknown, open: number): string {
  const made = isSeq(above) ? inline(value) : inline({ [key]: value }).slice(1, -1);
  const [from, to] = [start(above), end(text, above)];
  const last = above.items.at(-1) as Part | undefined;
  if (last) return `${text.slice(0, endOfPart(text, last))}, ${made}${text.slice(endOfPart(text, last))}`;
  const column = lineIndent(text, from);
  if (isMap(above) && open && column !== null) return `${text.slice(0, from).trimEnd()}\n${" ".repeat(column + 2)}${entry(String(key), value, column + 2, open)}${text.slice(to)}`;
  return text.slice(0, from + 1) + made + text.slice(to - 1);
}

/** The column of the key in whose line a flow collection stands alone, as in `nodes: {}`. */
function lineIndent(text: string, at: number): number | null {
  const found = /^( *)[A-Za-z0-9_]+:[ \t]*$/.exec(text.slice(lineStart(text, at), at));
  return found ? (found[1] as string).length : null;
}

/** The end of the last line of a part in block style: with the comment behind it and the deeper ones below it. */
export function partEnd(text: string, part: Part, column: number): number {
  let at = lineEnd(text, endOfPart(text, part));
  for (;;) {
    const next = text.indexOf("\n", at);
    const found = next < 0 ? null : /^( *)#/.exec(text.slice(next + 1, lineEnd(text, next + 1)));
    if (!found || (found[1] as string).length <= column) return at;
    at = lineEnd(text, next + 1);
  }
}

// ── taking away ────────────────────────────────────────────────────────────────────────────────────────────────────

function partsOf(item: Item): Part[] {
  return isMap(item) || isSeq(item) ? (item.items as Part[]) : [];
}

function isAt(part: Part, i: number, key: string | number): boolean {
  return "key" in part ? nameOf(part) === String(key) : i === Number(key);
}

function startOfPart(text: string, part: Part, flow: boolean): number {
  if ("key" in part) return start(part.key);
  return flow ? start(part) : text.lastIndexOf("-", start(part) - 1);
}

/** The range that goes with a part, and what is left in its place. */
function extent(text: string, above: YAMLMap | YAMLSeq, key: string | number): [number, number, string] {
  const parts = partsOf(above);
  const i = parts.findIndex((one, at) => isAt(one, at, key));
  const part = parts[i] as Part;
  const flow = Boolean(above.flow);
  const from = startOfPart(text, part, flow);
  if (flow) {
    if (parts.length === 1) return [start(above) + 1, end(text, above) - 1, ""];
    return i + 1 < parts.length ? [from, startOfPart(text, parts[i + 1] as Part, true), ""] : [endOfPart(text, parts[i - 1] as Part), endOfPart(text, part), ""];
  }
  if (parts.length === 1) return emptied(text, above, from, endOfPart(text, part));
  const line = lineStart(text, from);
  if (text.slice(line, from).trim()) return [from, startOfPart(text, parts[i + 1] as Part, false), ""]; // shares its line with the bullet of a list around it
  const to = text.indexOf("\n", partEnd(text, part, columnOf(text, from)));
  return to < 0 ? [Math.max(line - 1, 0), text.length, ""] : [line, to + 1, ""];
}

/** The last part of a collection leaves `{}` or `[]` behind its key. */
function emptied(text: string, above: YAMLMap | YAMLSeq, from: number, to: number): [number, number, string] {
  const left = isMap(above) ? "{}" : "[]";
  const before = text.slice(0, from).trimEnd();
  return before.endsWith(":") ? [before.length, to, ` ${left}`] : [from, to, left];
}

// ── the same on values ─────────────────────────────────────────────────────────────────────────────────────────────

export function at(value: unknown, keys: Keys): unknown {
  return keys.reduce<unknown>((one, key) => (one as Record<string | number, unknown> | null | undefined)?.[key], value);
}

export function put(value: unknown, keys: Keys, next: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return next;
  if (Array.isArray(value) || typeof key === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    list[Number(key)] = put(list[Number(key)], rest, next);
    return list;
  }
  const fields = isFields(value) ? value : {};
  return { ...fields, [key]: put(fields[key], rest, next) };
}

export function drop(value: unknown, keys: Keys): unknown {
  const [key, ...rest] = keys as [string | number, ...Keys];
  if (Array.isArray(value)) return rest.length ? value.map((one, i) => (i === key ? drop(one, rest) : one)) : value.filter((_, i) => i !== key);
  const fields = value as Record<string, unknown>;
  if (rest.length) return { ...fields, [key]: drop(fields[key], rest) };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== String(key)));
}

/** Whether two values say the same; the order of keys does not count. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => same(one, b[i]));
  if (!isFields(a) || !isFields(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
