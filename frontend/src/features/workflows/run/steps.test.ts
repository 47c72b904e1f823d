import { expect, test } from "vitest";
import type { Step } from "@/api/runs";
import { read } from "../model/read";
import type { Node } from "../model/types";
import { outputsOf } from "./one";
import { byPath, keyOf, placeOf, roomsOf, stepAt, waitingAt, wentOf } from "./steps";

const flow = read(`troupe: workflow/v1
name: x
nodes:
  each_mail:
    each: {items: []}
    nodes:
      sort: {block: ai.classify}
      send: {block: mail.send}
  report: {block: text.template}
`).flow!;
const step = (key: string, status: Step["status"], at = 0, cost = 0) =>
  ({ key, status, started_at: new Date(at).toISOString(), ended_at: status === "running" || status === "waiting" ? null : new Date(at + 500).toISOString(), usage: { cost_usd: cost } }) as Step;
const steps = byPath(flow, [
  step("each_mail[0]/sort", "done", 0, 0.5), step("each_mail[1]/sort", "done", 500, 0.5), step("each_mail[0]/send", "skipped"), step("each_mail[1]/send/approve", "waiting", 900), step("report", "running", 1000),
]);

test("a key is a node and the passes around it", () => {
  expect(placeOf(flow, "each_mail[7]/sort")).toEqual({ path: "each_mail.sort", rooms: [7], own: true });
  expect(placeOf(flow, "each_mail[1]/send/approve")).toEqual({ path: "each_mail.send", rooms: [1], own: false });
  expect(placeOf(flow, "gone")).toBeUndefined();
  expect(keyOf("each_mail.sort", [7])).toBe("each_mail[7]/sort");
  expect(keyOf("report", [])).toBe("report");
});

test("how nodes went: counts over the passes, the worst status, the whole time", () => {
  const went = wentOf(flow, steps, false, 2000);
  expect(went["each_mail.sort"]).toEqual({ status: "done", seconds: 1, done: 2, all: 2, cost: 1 });
  expect(went["each_mail.send"]).toMatchObject({ status: "waiting", done: 1, all: 2 });
  expect(went.each_mail).toMatchObject({ status: "waiting", cost: 1 });
  expect(went.report).toMatchObject({ status: "running", seconds: 1 });
});

test("steps and passes are found by their rooms", () => {
  expect(stepAt(steps, "each_mail.sort", [1])?.key).toBe("each_mail[1]/sort");
  expect(stepAt(steps, "each_mail.send", [1])).toBeUndefined();
  expect(waitingAt(steps, "each_mail.send", [1])?.status).toBe("waiting");
  expect(roomsOf(flow, steps, "each_mail", [])).toEqual([0, 1]);
});

test("what one node of a pass is given to run alone stands under the keys of what gave it", () => {
  const nested = read(`troupe: workflow/v1
name: x
nodes:
  fetch: {block: http.get}
  each_mail:
    each: {items: "{{ fetch.rows }}"}
    nodes:
      parse: {block: text.template}
      tries: {loop: {max: 3}, nodes: {send: {block: mail.send, with: {text: "{{ parse.text }}"}}}}
`).flow!;
  const [fetch, each] = nested.nodes as [Node, Node];
  const [parse, tries] = each.nodes as [Node, Node];
  const send = tries.nodes[0] as Node;
  expect(outputsOf(nested, send, [2, 1], [parse, fetch], { parse: 1, item: 2, previous: 3, index: 1, input: {} })).toEqual({
    "each_mail[2]/parse": 1, "each_mail[2]/item": 2, "each_mail[2]/tries[1]/previous": 3,
  });
});
