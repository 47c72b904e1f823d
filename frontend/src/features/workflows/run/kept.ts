// What a person's browser keeps of running a workflow: the input, and the runs from the studio, which may be of no version.
import { useCallback, useEffect, useState } from "react";

export interface Kept {
  id: string;
  at: string;
  only?: string;
  dry?: boolean;
}
interface Stored {
  input?: unknown;
  runs: Kept[];
}
const MOST = 20;
const keyFor = (workflow: string) => `troupe.bench.${workflow}`;

function find(workflow: string): Stored {
  try {
    return { runs: [], ...(JSON.parse(localStorage.getItem(keyFor(workflow)) ?? "{}") as Partial<Stored>) };
  } catch {
    return { runs: [] };
  }
}

export function useKept(workflow: string) {
  const [kept, setKept] = useState(() => find(workflow));
  useEffect(() => setKept(find(workflow)), [workflow]);
  const write = useCallback(
    (change: (was: Stored) => Stored) => {
      const next = change(find(workflow));
      localStorage.setItem(keyFor(workflow), JSON.stringify(next));
      setKept(next);
    },
    [workflow],
  );
  return {
    ...kept,
    setInput: useCallback((input: unknown) => write((was) => ({ ...was, input })), [write]),
    add: useCallback((run: Kept) => write((was) => ({ ...was, runs: [run, ...was.runs].slice(0, MOST) })), [write]),
  };
}
