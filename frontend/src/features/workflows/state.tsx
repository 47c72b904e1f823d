// The one owner of a workflow that is being written. Every view draws what is here and changes it by edits of the text.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { api, body, Problem as Refusal } from "@/api/client";
import { type Problem, saveDefinition } from "@/api/definitions";
import { useMay } from "@/api/me";
import { useRested } from "@/lib/rested";
import { allNodes, read } from "./model/read";
import type { Flow, Path, Wrong } from "./model/types";
import { checkQuery, type Edge, type Workflow, workflowQuery, workflowsQuery } from "./queries";
import { type Kept, Store } from "./store";
import { TYPED } from "./views";

export interface Studio {
  id: string | null; // null before it is saved for the first time
  version: number;
  flow: Flow; // as the text was when it could last be read
  wrong: Wrong | null; // why it cannot be read
  text: string;
  problems: Problem[];
  checked: boolean; // the problems are those of this very text
  edges: Edge[];
  selected: Path[];
  select: (paths: Path[]) => void;
  apply: (edit: (text: string) => string, label?: string, together?: string) => void;
  looked: { line: number } | null;
  lookAt: (line: number) => void;
  undo: () => void;
  redo: () => void;
  canUndo: boolean;
  canRedo: boolean;
  unsaved: boolean;
  save: () => Promise<Workflow>;
  drop: () => void;
  conflict: (Kept & { base: number }) | null; // what has come since the version that this was begun from
  rebase: () => void;
  elsewhere: boolean;
  mayWrite: boolean; // the text
  readOnly: boolean; // for the views that need to read it first
}

const Here = createContext<Studio | null>(null);
/** For what is only looked at. */
export const StudioGiven = Here.Provider;
export const NO_FLOW: Flow = { name: "", nodes: [], places: {}, notes: [] };

export function useStudio(): Studio {
  const studio = useContext(Here);
  if (!studio) throw new Error("useStudio outside of StudioOf");
  return studio;
}

/** The studio of one workflow, or of one that is only a text so far. `name` keeps drafts apart. */
export function StudioOf({ workflow, start, name, node, children }: { workflow: Workflow | null; start: string; name: string; node?: Path; children: ReactNode }) {
  const kept = useMemo<Kept>(() => ({ version: workflow?.version ?? 0, text: workflow?.text ?? start }), [workflow, start]);
  const queries = useQueryClient();
  const [store] = useState(() => new Store(`workflow.${name}`, kept, node ? [node] : [], () => void queries.invalidateQueries({ queryKey: workflowQuery(name).queryKey, exact: true })));
  useEffect(() => store.accept(kept), [store, kept]);
  const written = useSyncExternalStore(store.listen, store.get);
  const may = useMay("editor");
  const save = useSave(workflow, store);
  const { flow, wrong } = useFlow(written.text, written.history.last?.together === TYPED);
  const checks = useChecks(written.text, flow, wrong);
  const { text, base, selected, history, looked, elsewhere } = written;
  const unsaved = store.unsaved(written);
  const studio = useMemo<Studio>(() => ({
    id: workflow?.id ?? null, version: kept.version, flow, wrong, text, ...checks, selected, select: store.select,
    apply: (edit, _label, together) => store.apply(edit, together),
    looked, lookAt: store.lookAt, undo: store.undo, redo: store.redo, canUndo: history.past.length > 0, canRedo: history.future.length > 0,
    unsaved, save, drop: store.adopt, conflict: unsaved && base !== kept.version ? { ...kept, base } : null, rebase: store.rebase,
    elsewhere: elsewhere && unsaved, mayWrite: may, readOnly: !may || wrong !== null,
  }), [workflow, kept, flow, wrong, text, checks, selected, store, history, unsaved, save, base, looked, elsewhere, may]);
  return <Here.Provider value={studio}>{children}</Here.Provider>;
}

/** While the text itself is typed, its reading may lag behind; a field that shows what was read must not. */
function useFlow(written: string, typed: boolean): { flow: Flow; wrong: Wrong | null } {
  const later = useDeferredValue(written);
  const text = typed ? later : written;
  const last = useRef(NO_FLOW);
  return useMemo(() => {
    const found = read(text);
    last.current = found.flow ?? last.current;
    return { flow: last.current, wrong: found.wrong ?? null };
  }, [text]);
}

/** Problems and edges as the server sees them; until it has answered, those of before whose ends are still there. */
function useChecks(text: string, flow: Flow, wrong: Wrong | null) {
  const rested = useRested(text);
  const { data, isPlaceholderData } = useQuery(checkQuery(rested));
  const last = useRef<Edge[]>([]);
  if (data && !wrong) last.current = data.edges;
  const found = last.current;
  const checked = data !== undefined && !isPlaceholderData && rested === text;
  return useMemo(() => {
    const there = new Set(allNodes(flow.nodes).map(({ path }) => path));
    return { problems: data?.problems ?? [], checked, edges: found.filter(({ from, to }) => there.has(from) && there.has(to)) };
  }, [data, checked, flow, found]);
}

function useSave(workflow: Workflow | null, store: Store): () => Promise<Workflow> {
  const queries = useQueryClient();
  return useCallback(async () => {
    const { text, base } = store.get();
    try {
      const kept = await (workflow ? saveDefinition("workflow", workflow.id, text, base) : body(api.POST("/api/v1/workflows", { body: { text } })));
      store.accept({ version: kept.version, text }, true);
      queries.setQueryData(workflowQuery(kept.id).queryKey, { ...kept, text });
      void queries.invalidateQueries({ queryKey: workflowsQuery().queryKey });
      void queries.invalidateQueries({ queryKey: ["workflow", kept.id, "versions"] });
      return kept;
    } catch (wrong) {
      if (workflow && wrong instanceof Refusal && wrong.code === "stale_version") await queries.invalidateQueries({ queryKey: workflowQuery(workflow.id).queryKey, exact: true });
      throw wrong;
    }
  }, [workflow, store, queries]);
}
