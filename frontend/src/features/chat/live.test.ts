import type { AGUIEvent } from "@ag-ui/core";
import { expect, test } from "vitest";
import { hear, isEnd, merged, NOTHING } from "./live";

const R = "01900000-0000-7000-8000-000000000001";
const told = (...events: object[]) => (events as AGUIEvent[]).reduce(hear, NOTHING);
const STARTED = { type: "RUN_STARTED", threadId: "t", runId: R };
const text = (turn: number, delta: string) => ({ type: "TEXT_MESSAGE_CONTENT", messageId: `${R}:${turn}`, delta });
const begin = (turn: number) => ({ type: "TEXT_MESSAGE_START", messageId: `${R}:${turn}`, role: "assistant" });
const CALL = [
  { type: "TOOL_CALL_START", toolCallId: `${R}:1:c:1`, toolCallName: "look", parentMessageId: `${R}:1` },
  { type: "TOOL_CALL_ARGS", toolCallId: `${R}:1:c:1`, delta: '{"a":1}' },
];

test("text grows, and calls get their results", () => {
  const live = told(STARTED, begin(1), text(1, "Let me "), text(1, "look."), ...CALL, {
    type: "TOOL_CALL_RESULT", messageId: "m", toolCallId: `${R}:1:c:1`, content: "found", role: "tool",
  });
  expect(live.turns).toEqual([
    { number: 1, text: "Let me look.", partial: false, calls: [{ id: "c:1", name: "look", arguments: '{"a":1}', status: "done", result: "found" }] },
  ]);
});

test("a snapshot after a cut replaces what was heard, and only of this run", () => {
  const messages = [
    { id: "q", role: "user", content: "hi" },
    { id: "other:1", role: "assistant", content: "earlier" },
    { id: `${R}:1`, role: "assistant", content: "whole", toolCalls: [{ id: `${R}:1:c`, type: "function", function: { name: "look", arguments: "{}" } }] },
    { id: `${R}:1:c:result`, role: "tool", toolCallId: `${R}:1:c`, content: "no", error: "no" },
  ];
  const live = told(STARTED, begin(1), text(1, "wh"), STARTED, { type: "MESSAGES_SNAPSHOT", messages });
  expect(live.turns.map((turn) => [turn.text, turn.calls?.[0]?.status])).toEqual([["whole", "failed"]]);
});

test("an approval is a wait until the run goes on", () => {
  const stopped = { type: "RUN_FINISHED", threadId: "t", runId: R, outcome: { type: "interrupt", interrupts: [{ id: "a", reason: "tool_call" }] } };
  expect(told(STARTED, ...CALL, stopped).waits).toHaveLength(1);
  expect(told(STARTED, ...CALL, stopped, STARTED).waits).toEqual([]);
  expect(isEnd(stopped as AGUIEvent)).toBe(true);
});

test("the journal is right about calls, the stream is ahead with text", () => {
  const kept = [{ number: 1, text: "", partial: false, calls: [{ id: "c", name: "look", arguments: "{}", status: "waiting" as const, approval_id: "a", result: null }] }];
  const heard = [{ ...kept[0]!, text: "Look", calls: [{ id: "c", name: "look", arguments: "{}", status: "running" as const, result: null }] }, { number: 2, text: "And", partial: false, calls: [] }];
  expect(merged(kept, heard).map((turn) => [turn.text, turn.calls?.[0]?.status])).toEqual([["Look", "waiting"], ["And", undefined]]);
});
