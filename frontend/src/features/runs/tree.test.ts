import { expect, test } from "vitest";
import type { Step } from "@/api/runs";
import { around, rowsOf, sumOf, treeOf } from "./tree";

const step = (key: string, at: number, status: Step["status"] = "done") =>
  ({ key, node: key, status, started_at: new Date(at).toISOString(), ended_at: status === "running" ? null : new Date(at + 10).toISOString(), usage: { cost_usd: 0.5 } }) as Step;
const steps = [step("report", 90), step("each[1]/send", 30, "failed"), step("each[0]/sort", 10), step("each[0]/send", 20, "running")];

test("rooms stand in their frame, in the order in which they began", () => {
  const rows = rowsOf(treeOf(steps), () => true);
  expect(rows.map(({ branch, depth }) => [depth, branch.name])).toEqual([
    [0, "each"], [1, "each[0]"], [2, "sort"], [2, "send"], [1, "each[1]"], [2, "send"], [0, "report"],
  ]);
});

test("what is folded is not in sight, and the frames around a step are known", () => {
  expect(rowsOf(treeOf(steps), () => false).map(({ branch }) => branch.path)).toEqual(["each", "report"]);
  expect(around("each[0]/send")).toEqual(["each", "each[0]"]);
  expect(around("report")).toEqual([]);
});

test("a frame says the worst of what is in it, and goes on while one of them does", () => {
  const sum = sumOf(treeOf(steps)[0] as never);
  expect(sum).toMatchObject({ status: "failed", from: 10, till: undefined, done: 1, all: 3, cost: 1.5 });
});
