// Where a new workflow begins.
import { setIn } from "./model/edit";
import type { Template } from "./queries";

export function empty(name: string): string {
  return `troupe: workflow/v1
name: ${name}
input: {type: object, properties: {}}
nodes: {}
`;
}

/** A template under another name; nothing else of it changes. */
export function copyOf({ text }: Template, name: string): string {
  return setIn(text, "", ["name"], name);
}
