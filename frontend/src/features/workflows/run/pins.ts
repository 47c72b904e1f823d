// Outputs that a person pins to steps: theirs alone, kept in this browser, given to every run from the studio.
import { useCallback, useEffect, useState } from "react";

export type Pins = Record<string, unknown>; // by the key of a step

const keyFor = (workflow: string) => `troupe.pins.${workflow}`;

function find(workflow: string): Pins {
  try {
    return JSON.parse(localStorage.getItem(keyFor(workflow)) ?? "{}") as Pins;
  } catch {
    return {};
  }
}

/** The pins of a workflow; undefined takes one away. */
export function usePins(workflow: string): [Pins, (key: string, output: unknown) => void] {
  const [pins, setPins] = useState(() => find(workflow));
  useEffect(() => setPins(find(workflow)), [workflow]);
  const pin = useCallback(
    (key: string, output: unknown) => {
      const { [key]: _, ...others } = find(workflow);
      const next = output === undefined ? others : { ...others, [key]: output };
      localStorage.setItem(keyFor(workflow), JSON.stringify(next));
      setPins(next);
    },
    [workflow],
  );
  return [pins, pin];
}
