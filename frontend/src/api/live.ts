// A run is listened to while it goes on: each event says that there is something new to ask for.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { follow } from "@/lib/sse";

export type Line = "heard" | "lost" | "none";
const ENDS = new Set(["run.completed", "run.failed", "run.terminated"]);
const PAUSE = 400; // milliseconds between two askings, however many events come

/** `heard` while events come; `lost` while a line is looked for again; `none` where there is no need for one. */
export function useLive(id: string, over: boolean): Line {
  const queries = useQueryClient();
  const [line, setLine] = useState<Line>("none");
  useEffect(() => {
    if (over) return setLine("none");
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer ??= setTimeout(async () => {
        await queries.invalidateQueries({ queryKey: ["run", id] });
        timer = undefined;
      }, PAUSE);
    };
    const heard = { type: "" };
    follow(`/api/v1/runs/${id}/events`, {
      signal: stop.signal,
      hear: ({ data }) => {
        heard.type = (JSON.parse(data) as { type: string }).type;
        look();
      },
      isLast: () => ENDS.has(heard.type),
      lost: (is) => {
        setLine(is ? "lost" : "heard");
        look();
      },
    }).catch(() => setLine("none"));
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, over, queries]);
  return line;
}
