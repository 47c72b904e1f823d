// Where a new workflow begins.
import { addNode, setIn } from "./model/edit";
import type { Template } from "./queries";

/** `block`: the one that it begins with. */
export function empty(name: string, block?: string): string {
  const text = `troupe: workflow/v1
name: ${name}
input: {type: object, properties: {}}
nodes: {}
`;
  return block ? addNode(text, "", block.slice(block.lastIndexOf(".") + 1), { block, with: {} }) : text;
}

/** A template under another name; nothing else of it changes. */
export function copyOf({ text }: Template, name: string): string {
  return setIn(text, "", ["name"], name);
}
