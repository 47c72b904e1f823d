import { expect, test } from "vitest";
import type { Message } from "./queries";
import { branchOf } from "./tree";

const message = (id: string, parent: string | null) => ({ id, parent }) as Message;
const TREE = [message("a", null), message("b", "a"), message("c", "b"), message("b2", "a"), message("d", "b2")];
const ids = (at?: string) => branchOf(TREE, at).map((place) => place.message.id).join(" ");

test("the newest branch is shown, and every earlier one can be reached", () => {
  expect([ids(), ids("b"), ids("c"), ids("b2"), ids("gone")]).toEqual(["a b2 d", "a b c", "a b c", "a b2 d", "a b2 d"]);
});

test("a message knows what stands beside it", () => {
  expect(branchOf(TREE)[1]?.beside.map(({ id }) => id)).toEqual(["b", "b2"]);
  expect(branchOf([])).toEqual([]);
});
