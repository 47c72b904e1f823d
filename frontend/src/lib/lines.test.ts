import { expect, test } from "vitest";
import { around, compare } from "./lines";

const said = (before: string, after: string) => compare(before, after).map(({ sign, text }) => sign + text);

test("what stays, goes and comes is told line by line", () => {
  expect(said("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(said("a\nb", "a\nb")).toEqual([" a", " b"]);
  expect(said("", "a")).toEqual(["-", "+a"]);
  expect(said("a\nb\nc\nd", "b\nc\nd\ne")).toEqual(["-a", " b", " c", " d", "+e"]);
});

test("far from a change, lines are left out", () => {
  const many = Array.from({ length: 20 }, (_, i) => String(i));
  const changed = many.with(10, "x");
  expect(around(compare(many.join("\n"), changed.join("\n")), 1).map((line) => line && line.sign + line.text)).toEqual([null, " 9", "-10", "+x", " 11", null]);
});
