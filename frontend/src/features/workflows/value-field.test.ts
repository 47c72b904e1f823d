import { expect, test } from "vitest";
import { meant } from "./value-field";

test("what is written is taken for what it looks like, and what has expressions is text", () => {
  const cases: [string, unknown][] = [
    ["", undefined], ["3", 3], ["true", true], ["[a, b]", ["a", "b"]], ["a: 1\nb: c", { a: 1, b: "c" }], ['"3"', "3"],
    ["{{ sort.label }}", "{{ sort.label }}"], ["Re: {{ item.subject }}", "Re: {{ item.subject }}"], ['to: "{{ x }}"', { to: "{{ x }}" }],
    ["plain words", "plain words"],
  ];
  expect(cases.map(([written]) => meant(written, false))).toEqual(cases.map(([, value]) => value));
  expect(meant("[a, ", false)).toBeInstanceOf(Error);
  expect([meant("3", true), meant("[a, ", true)]).toEqual(["3", "[a, "]);
});
