import { expect, test } from "vitest";
import { pairsOf } from "./pairs";
import type { Step } from "@/api/runs";

const step = (key: string, status: Step["status"], output: unknown) => ({ key, status, output }) as Step;

test("two runs are apart where a step is missing, ended otherwise or gave something else", () => {
  const a = [step("a", "done", 1), step("b", "done", 1), step("c", "done", 1), step("d", "done", { x: 1 })];
  const b = [step("d", "done", { x: 1 }), step("c", "done", 2), step("b", "failed", null)];
  expect(pairsOf(a, b).map(({ key, apart }) => [key, apart])).toEqual([["a", "missing"], ["b", "status"], ["c", "output"], ["d", undefined]]);
});
