import type { Step } from "@/api/runs";

export interface Pair {
  key: string;
  a?: Step;
  b?: Step;
  apart?: "missing" | "status" | "output"; // what is different, the most telling of it
}

/** The steps of two runs by key, in the order of their keys. */
export function pairsOf(a: Step[], b: Step[]): Pair[] {
  const [left, right] = [a, b].map((steps) => new Map(steps.map((step) => [step.key, step]))) as [Map<string, Step>, Map<string, Step>];
  return [...new Set([...left.keys(), ...right.keys()])].sort().map((key) => {
    const pair = { key, a: left.get(key), b: right.get(key) };
    return { ...pair, apart: apartOf(pair) };
  });
}

function apartOf({ a, b }: Pair): Pair["apart"] {
  if (!a || !b) return "missing";
  if (a.status !== b.status) return "status";
  return JSON.stringify(a.output) === JSON.stringify(b.output) ? undefined : "output";
}
