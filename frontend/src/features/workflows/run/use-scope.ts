import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { boundAt, inSight } from "../canvas/graph";
import type { Path } from "../model/types";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { evaluate, named, type Scope, scopeOf } from "./scope";

const REST = 250; // milliseconds without a key before a value is asked for

/** What a node's expressions see in the room that is entered; `wants` is the text that asks. */
export function useScope(path: Path, wants: unknown): Scope {
  const { data, roomsAt } = useBench();
  const rooms = roomsAt(path);
  const words = useMemo(() => Object.keys(named(wants, Object.fromEntries((JSON.stringify(wants ?? "").match(/[a-z_][a-z0-9_]*/g) ?? []).map((word) => [word, 1])))).sort().join(), [wants]);
  const [stamp] = useStamp(data);
  const scope = useQuery({
    queryKey: ["scope", path, rooms, words, stamp],
    queryFn: () => scopeOf(data, path, rooms, wants),
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  return scope.data ?? {};
}

let stamps = 0;

/** A number for an object, another one for another. */
function useStamp(of: object): [number] {
  const [known] = useState(() => new WeakMap<object, number>());
  if (!known.has(of)) known.set(of, ++stamps);
  return [known.get(of) as number];
}

export interface Preview {
  value?: unknown;
  error?: Error | null;
  missing?: string; // a name that nothing is known of yet
  busy: boolean;
}

/** What a text with expressions would give. `bare`: it is an expression without braces. */
export function usePreview(path: Path, text: string, bare = false): Preview {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  const full = bare ? `{{ ${rested} }}` : rested;
  const known = useScope(path, full);
  const scope = named(full, known);
  const missing = useMissing(path, full, known);
  const asked = full.includes("{{") && rested.trim() !== "" && !missing;
  const found = useQuery({
    queryKey: ["expression", full, scope],
    queryFn: () => evaluate(full, scope),
    enabled: asked,
    retry: false,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  return { value: asked ? found.data : undefined, error: asked ? found.error : null, missing, busy: asked && found.isFetching };
}

/** The first name in a text that stands for something of which nothing is known yet. */
function useMissing(path: Path, text: string, scope: Scope): string | undefined {
  const { flow } = useBench();
  const { edges } = useStudio();
  return useMemo(() => {
    const names = [...boundAt(flow, path), ...inSight(flow, path, edges).map(({ id }) => id)];
    const said = named(text, Object.fromEntries(names.map((name) => [name, true])));
    return Object.keys(said).find((name) => scope[name] === undefined);
  }, [flow, edges, path, text, scope]);
}
