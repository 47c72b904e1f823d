// Follow a conversation while something is being answered in it; over cuts, restarts and the decisions of people.
import type { AGUIEvent } from "@ag-ui/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { follow } from "@/lib/sse";
import { hear, isEnd, type Live, NOTHING } from "./live";
import { isOpen, type Message, messagesQuery } from "./queries";

const AGAIN = 500; // milliseconds before a stream that ended too soon is asked for again
const LOOK = new Set(["TOOL_CALL_END", "TOOL_CALL_RESULT", "RUN_STARTED", "RUN_FINISHED", "RUN_ERROR"]); // then the journal knows more

export interface Following extends Live {
  lost: boolean;
  wrong: unknown;
  goOn: () => void; // somebody has decided
}

export function useLive(conversation: string, messages: Message[] | undefined): Following {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>(NOTHING);
  const [round, setRound] = useState(0);
  const [lost, setLost] = useState(false);
  const [wrong, setWrong] = useState<unknown>(null);
  const place = useRef<string | undefined>(undefined); // the last event that was heard of an answer that is not over
  const open = messages?.find(isOpen);
  const rests = live.waits.length > 0 && live.run === open?.run_id;
  const goOn = useCallback(() => setLive((was) => ({ ...was, waits: [] })), []);

  useEffect(() => {
    if (!open || rests) return;
    const stop = new AbortController();
    const told = batched(setLive);
    const look = () => queries.invalidateQueries({ queryKey: messagesQuery(conversation).queryKey });
    setWrong(null);
    follow(`/api/v1/conversations/${conversation}/events`, {
      after: place.current?.startsWith(`${open.run_id}:`) ? place.current : undefined,
      signal: stop.signal,
      lost: setLost,
      isLast: ({ data }) => isEnd(JSON.parse(data)),
      hear: ({ id, data }) => {
        const event = JSON.parse(data) as AGUIEvent;
        const over = isEnd(event) && !(event.type === "RUN_FINISHED" && event.outcome?.type === "interrupt");
        place.current = over ? undefined : id || place.current;
        told(event);
        if (LOOK.has(event.type)) void look();
      },
    })
      .then(look)
      .then(() => setTimeout(() => stop.signal.aborted || setRound(round + 1), AGAIN))
      .catch(setWrong);
    return () => stop.abort();
  }, [conversation, !open, rests, round, queries]);

  // Decided elsewhere, or what it rested for is settled: the journal says so.
  const moving = open?.answer.run_status === "running" || open?.answer.run_status === "queued";
  useEffect(() => {
    if (rests && moving) goOn();
  }, [rests, moving, goOn]);

  return { ...live, lost, wrong, goOn };
}

/** Events that come between two frames are drawn at once. */
function batched(set: (change: (live: Live) => Live) => void): (event: AGUIEvent) => void {
  let waiting: AGUIEvent[] = [];
  return (event) => {
    waiting.push(event);
    if (waiting.length > 1) return;
    setTimeout(() => {
      const events = waiting;
      waiting = [];
      set((live) => events.reduce(hear, live));
    }, 30);
  };
}
