// Messages are a tree: an edit or a retry stands beside what it was made of. Pure.
import type { Message } from "./queries";

export interface Place {
  message: Message;
  beside: Message[]; // all that follow the same message, itself included, in the order they came
}

/** The branch that goes through a message (else through the newest), down to its newest end. */
export function branchOf(messages: Message[], at?: string): Place[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const below = new Map<string | null, Message[]>();
  for (const message of messages) below.set(message.parent, [...(below.get(message.parent) ?? []), message]);
  const chosen = (at && byId.get(at)) || messages[messages.length - 1];
  const branch: Message[] = [];
  for (let up = chosen; up; up = up.parent ? byId.get(up.parent) : undefined) branch.unshift(up);
  for (let down = chosen && below.get(chosen.id)?.at(-1); down; down = below.get(down.id)?.at(-1)) branch.push(down);
  return branch.map((message) => ({ message, beside: below.get(message.parent) ?? [message] }));
}
