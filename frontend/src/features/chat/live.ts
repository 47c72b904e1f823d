// What the AG-UI events of an answer have told so far, as turns. Pure: a state and an event give the next state.
import type { AGUIEvent, Interrupt, Message as Said } from "@ag-ui/core";
import type { Call, Turn } from "./queries";

export interface Live {
  run: string;
  turns: Turn[];
  waits: Interrupt[]; // what a person has to decide before it goes on
}

export const NOTHING: Live = { run: "", turns: [], waits: [] };

/** The state after an event. Ids are RUN:TURN and RUN:TURN:CALL. */
export function hear(live: Live, event: AGUIEvent): Live {
  switch (event.type) {
    case "RUN_STARTED":
      return { run: event.runId, turns: event.runId === live.run ? live.turns : [], waits: [] };
    case "MESSAGES_SNAPSHOT":
      return { ...live, turns: turnsOf(live.run, event.messages) };
    case "TEXT_MESSAGE_START":
      return turned(live, event.messageId, (turn) => ({ ...turn, text: "" }));
    case "TEXT_MESSAGE_CONTENT":
      return turned(live, event.messageId, (turn) => ({ ...turn, text: turn.text + event.delta }));
    case "TOOL_CALL_START":
      return called(live, event.toolCallId, (call) => ({ ...call, name: event.toolCallName, arguments: "" }));
    case "TOOL_CALL_ARGS":
      return called(live, event.toolCallId, (call) => ({ ...call, arguments: call.arguments + event.delta }));
    case "TOOL_CALL_RESULT":
      return called(live, event.toolCallId, (call) => ({ ...call, status: "done", result: contentOf(event.content) }));
    case "RUN_FINISHED":
      return { ...live, waits: event.outcome?.type === "interrupt" ? event.outcome.interrupts : [] };
    default:
      return live;
  }
}

/** Whether a stream may end after it. */
export function isEnd(event: AGUIEvent): boolean {
  return event.type === "RUN_FINISHED" || event.type === "RUN_ERROR";
}

/** What the journal knows and what the stream told: texts by the stream, which is ahead, calls by the journal, which is exact. */
export function merged(kept: Turn[], told: Turn[]): Turn[] {
  const numbers = [...new Set([...kept, ...told].map(({ number }) => number))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const known = kept.find((turn) => turn.number === number);
    const heard = told.find((turn) => turn.number === number);
    if (!known || !heard) return (known ?? heard) as Turn;
    const calls = heard.calls?.length ? heard.calls : (known.calls ?? []);
    return { ...known, text: known.text || heard.text, calls: calls.map((call) => exact(known, call)) };
  });
}

function exact(known: Turn, call: Call): Call {
  const kept = known.calls?.find(({ id }) => id === call.id);
  return kept && (kept.status !== "running" || call.status === "running") ? kept : call;
}

function turned(live: Live, id: string, change: (turn: Turn) => Turn): Live {
  const number = Number(id.split(":")[1]);
  const known = live.turns.find((turn) => turn.number === number) ?? { number, text: "", partial: false, calls: [] };
  return { ...live, turns: [...live.turns.filter((turn) => turn.number !== number), change(known)] };
}

function called(live: Live, id: string, change: (call: Call) => Call): Live {
  const [run, turn, ...rest] = id.split(":");
  const name = rest.join(":");
  return turned(live, `${run}:${turn}`, (of) => {
    const calls = of.calls ?? [];
    const known = calls.find((call) => call.id === name);
    const next = change(known ?? { id: name, name: "", arguments: "", status: "running", result: null });
    return { ...of, calls: known ? calls.map((call) => (call === known ? next : call)) : [...calls, next] };
  });
}

/** The turns of one run among the messages of a whole conversation. */
function turnsOf(run: string, messages: Said[]): Turn[] {
  let live: Live = { run, turns: [], waits: [] };
  for (const said of messages) {
    if (!said.id.startsWith(`${run}:`)) continue;
    if (said.role === "assistant") {
      live = turned(live, said.id, (turn) => ({ ...turn, text: typeof said.content === "string" ? said.content : "" }));
      for (const { id, function: of } of said.toolCalls ?? []) {
        live = called(live, id, (call) => ({ ...call, name: of.name, arguments: of.arguments }));
      }
    } else if (said.role === "tool") {
      const status = said.error ? "failed" : "done";
      live = called(live, said.toolCallId, (call) => ({ ...call, status, result: contentOf(said.content) }));
    }
  }
  return live.turns;
}

function contentOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
