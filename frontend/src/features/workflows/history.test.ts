import { expect, test } from "vitest";
import { back, changed, forth, NOTHING, type Step } from "./history";

const step = (text: string): Step => ({ text, selected: [] });

test("steps go back and forth, and a new one ends what could be done again", () => {
  const two = changed(changed(NOTHING, step("a"), "", 0), step("b"), "", 1);
  const [once, at] = back(two, step("c")) ?? [];
  expect(at?.text).toBe("b");
  const [, start] = (once && back(once, step("b"))) ?? [];
  expect(start?.text).toBe("a");
  expect(once && forth(once, step("b"))?.[1].text).toBe("c");
  expect(once && changed(once, step("b"), "", 2).future).toEqual([]);
  expect(back(NOTHING, step("a"))).toBeNull();
});

test("quick typing in one place is one step; another place, or a rest, begins the next", () => {
  const typed = changed(changed(changed(NOTHING, step(""), "text", 0), step("h"), "text", 300), step("ha"), "text", 1_200);
  expect(typed.past.map(({ text }) => text)).toEqual([""]);
  expect(changed(typed, step("hal"), "name", 1_300).past).toHaveLength(2);
  expect(changed(typed, step("hal"), "text", 9_000).past).toHaveLength(2);
});
