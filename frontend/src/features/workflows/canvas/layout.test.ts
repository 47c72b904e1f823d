import { expect, test } from "vitest";
import type { Flow, Node } from "../model/types";
import { nodeAt } from "../model/read";
import { behind, inSight, sees } from "./graph";
import { boxesOf, CARD, HEAD, PAD, tidied } from "./layout";

const node = (path: string, nodes: Node[] = [], kind: Node["kind"] = nodes.length ? "each" : "block"): Node => ({
  path, id: path.split(".").at(-1) as string, frame: path.split(".").slice(0, -1).join("."), kind, body: {}, nodes, line: 1,
});
const flow = (nodes: Node[], places: Flow["places"] = {}): Flow => ({ name: "x", nodes, places, notes: [] });
const edge = (from: string, to: string) => ({ from, to, kind: "data" as const });
const mails = [node("each", [node("each.sort"), node("each.send")]), node("report")];
const links = [edge("each.sort", "each.send"), edge("each", "report")];

test("what nobody placed stands in rows, in the order of its edges", () => {
  const boxes = boxesOf(flow(mails), links);
  expect(boxes["each.sort"]).toEqual({ x: PAD, y: HEAD, ...CARD });
  expect(boxes["each.send"]?.y).toBeGreaterThan((boxes["each.sort"]?.y ?? 0) + CARD.height);
  expect(boxes.report?.y).toBeGreaterThanOrEqual((boxes.each?.y ?? 0) + (boxes.each?.height ?? 0));
});

test("a frame is as large as what is in it", () => {
  const boxes = boxesOf(flow(mails, { "each.sort": [20, 60], "each.send": [400, 300], each: [0, 0] }), links);
  expect(boxes.each).toMatchObject({ width: 400 + CARD.width + PAD, height: 300 + CARD.height + PAD });
});

test("a new node finds room below what it waits for, beside what is there", () => {
  const places: Flow["places"] = { a: [0, 0], b: [0, 140] };
  const boxes = boxesOf(flow([node("a"), node("b"), node("c")], places), [edge("a", "b"), edge("a", "c")]);
  expect(boxes.c?.y).toBe(140);
  expect(boxes.c?.x).toBeGreaterThanOrEqual(CARD.width);
});

test("tidying forgets what was placed", () => {
  expect(tidied(flow(mails, { report: [-900, -900] }), links).report?.[1]).toBeGreaterThan(0);
});

test("an edge into a frame orders the frame", () => {
  const boxes = boxesOf(flow([node("each", [node("each.b")]), node("a")]), [edge("a", "each.b")]);
  expect(boxes.each?.y).toBeGreaterThan(boxes.a?.y ?? 0);
});

test("what is in sight: beside, or beside a frame around, and nothing that waits for it", () => {
  const all = flow([...mails, node("first")]);
  const known = [...links, edge("first", "each.sort")];
  expect(inSight(all, "each.send", known).map(({ path }) => path)).toEqual(["each.sort", "first"]);
  expect(inSight(all, "report", known).map(({ path }) => path)).toEqual(["each", "first"]);
  expect(inSight(all, "first", known).map(({ path }) => path)).toEqual([]);
  expect(sees(nodeAt(all, "each.sort") as Node, "report")).toBe(false);
  expect([...behind("each.sort", known)].sort()).toEqual(["each.send", "each.sort", "report"]);
});
