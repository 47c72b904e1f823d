import { expect, test } from "vitest";
import { read } from "../model/read";
import { compared } from "./compare";

const flow = (nodes: string) => ({ flow: read(`troupe: workflow/v1\nname: x\nnodes:\n${nodes}view: {gone: [40, 80], each.in: [20, 60]}\n`).flow!, edges: [] });

test("what came, went and changed is marked, and what went stands where it stood", () => {
  const before = flow("  kept: {block: a}\n  gone: {block: b}\n  each: {each: {items: []}, nodes: {in: {block: c}, old: {block: d}}}\n");
  const after = flow("  kept: {block: a}\n  new: {block: b}\n  each: {each: {items: []}, nodes: {in: {block: c, with: {x: 1}}}}\n");
  const { flow: both, marks, edges } = compared(
    { ...before, edges: [{ from: "kept", to: "gone", kind: "data" }, { from: "kept", to: "each", kind: "after" }] },
    { ...after, edges: [{ from: "kept", to: "new", kind: "data" }] },
  );
  expect(marks).toEqual({ new: "added", gone: "removed", "each.in": "changed", "each.old": "removed" });
  expect(both.nodes.map(({ path }) => path)).toEqual(["kept", "new", "each", "gone"]);
  expect(both.nodes[2]?.nodes.map(({ path }) => path)).toEqual(["each.in", "each.old"]);
  expect(both.places.gone).toEqual([40, 80]);
  expect(edges).toEqual([{ from: "kept", to: "new", kind: "data" }, { from: "kept", to: "gone", kind: "data" }]);
});
