// The workflow at work: which run is shown, what it gave, what is pinned, and how to start one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { type Line, useLive } from "@/api/live";
import { OVER, type Run, runQuery, type Step, stepsQuery } from "@/api/runs";
import { useNow } from "@/lib/now";
import type { Went } from "../canvas/data";
import { framesAround } from "../canvas/graph";
import type { Blocks } from "../canvas/wiring";
import type { Flow, Path } from "../model/types";
import { useStudio } from "../state";
import { type Kept, useKept } from "./kept";
import { usePins, type Pins } from "./pins";
import type { Data } from "./scope";
import { type ByPath, byPath, type Rooms, roomsOf, wentOf } from "./steps";

export interface Bench {
  name: string;
  flow: Flow;
  blocks: Blocks;
  run?: Run; // the one that is shown, or else the last one
  shown: boolean; // on the canvas
  steps: Step[];
  mine: ByPath;
  line: Line;
  went: Record<Path, Went>;
  data: Data;
  pins: Pins;
  pinned: Set<Path>;
  pin: (key: string, output: unknown) => void;
  roomsAt: (path: Path) => Rooms;
  enter: (frame: Path, room: number) => void;
  input: unknown;
  setInput: (input: unknown) => void;
  runs: Kept[]; // from the studio, newest first
  start: (more: Partial<Schemas["StartRun"]>) => void;
  starting: boolean;
  failed: unknown;
  show: (id: string | undefined) => void;
}

const Context = createContext<Bench | null>(null);

export function useBench(): Bench {
  const bench = useContext(Context);
  if (!bench) throw new Error("The bench stands around what uses it.");
  return bench;
}

interface Props {
  name: string; // under which its drafts, pins and inputs are kept
  blocks: Blocks;
  run?: string; // by the address
  show: (id: string | undefined) => void;
  children: ReactNode;
}

export function BenchOf({ name, blocks, run: chosen, show, children }: Props) {
  const { id: workflow, version, flow, text, unsaved } = useStudio();
  const queries = useQueryClient();
  const kept = useKept(name);
  const last = useQuery({ ...lastQuery(workflow ?? ""), enabled: workflow !== null });
  const id = chosen ?? newest(kept.runs, last.data);
  const run = useQuery({ ...runQuery(id ?? ""), enabled: Boolean(id) });
  const over = !run.data || OVER.has(run.data.status);
  const line = useLive(id ?? "", over);
  const steps = useQuery({ ...stepsQuery(id ?? "", over ? false : line === "heard" ? 10_000 : 1_500), enabled: Boolean(id) });
  const [pins, pin] = usePins(name);
  const [entered, setEntered] = useState<Record<Path, number>>({});
  const now = useNow(Boolean(chosen) && !over);
  const start = useMutation({
    mutationFn: (more: Partial<Schemas["StartRun"]>) => {
      const what = unsaved || !workflow ? { text } : { workflow: `${workflow}@${version}` };
      const given = { input: kept.input as never, dry_run: false, outputs: pins as never, ...what, ...more };
      return body(api.POST("/api/v1/runs", { body: given }));
    },
    onSuccess: (made, more) => {
      queries.setQueryData(runQuery(made.id).queryKey, made);
      kept.add({ id: made.id, at: made.created_at, only: more.only ?? undefined, dry: made.dry_run || undefined });
      void queries.invalidateQueries({ queryKey: ["runs"] });
      show(made.id);
    },
  });
  const all = id ? steps.data : undefined;
  const mine = useMemo(() => byPath(flow, all ?? []), [flow, all]);
  const went = useMemo(() => (chosen && run.data ? wentOf(flow, mine, over, now) : {}), [chosen, run.data, flow, mine, over, now]);
  const input = kept.input ?? run.data?.input ?? {};
  const data = useMemo<Data>(() => ({ flow, run: run.data, steps: mine, pins, input: run.data?.input ?? kept.input }), [flow, run.data, mine, pins, kept.input]);
  const pinned = useMemo(() => new Set(Object.keys(pins).map((key) => key.replace(/\[\d+\]\//g, "."))), [pins]);
  const bench: Bench = {
    name, flow, blocks, run: run.data, shown: Boolean(chosen), steps: all ?? [], mine, line, went, data, pins, pinned, pin,
    roomsAt: (path) => {
      const rooms: Rooms = [];
      for (const { path: frame } of framesAround(flow, path).reverse()) rooms.push(entered[frame] ?? roomsOf(flow, mine, frame, rooms)[0] ?? 0);
      return rooms;
    },
    enter: (frame, room) => setEntered((was) => ({ ...was, [frame]: room })),
    input, setInput: kept.setInput, runs: kept.runs, start: start.mutate, starting: start.isPending, failed: start.error, show,
  };
  return <Context value={bench}>{children}</Context>;
}

function lastQuery(name: string) {
  return {
    queryKey: ["runs", { workflow: name }, 1],
    queryFn: async () => (await body(api.GET("/api/v1/runs", { params: { query: { workflow: name, limit: 1 } } }))).items[0] ?? null,
  };
}

function newest(kept: Kept[], last: Run | null | undefined): string | undefined {
  const mine = kept.find(({ only }) => !only);
  return mine && (!last || Date.parse(mine.at) > Date.parse(last.created_at)) ? mine.id : last?.id;
}
