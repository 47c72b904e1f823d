import { expect, test } from "vitest";
import { asExpression, brief, inserted, isExpression, unwritten, written } from "./values";

test("braces make an expression, doubled ones do not", () => {
  expect(isExpression("{{ a }}")).toBe(true);
  expect(isExpression("x {{ a }} y")).toBe(true);
  expect(isExpression("{{{{all}} mails")).toBe(false);
  expect(isExpression("{{{{ {{ a }}")).toBe(true);
  expect(isExpression(7)).toBe(false);
});

test("values are written as YAML and read again", () => {
  for (const value of [{ bug: "does not work", n: 1 }, ["a", "b"], 7, true, [{ a: "{{ b }}" }]]) expect(unwritten(written(value), ["object", "array"])).toEqual({ value });
  expect(unwritten("bug, billing", ["array"])).toEqual({ value: ["bug", "billing"] });
  expect(unwritten(" ", ["array"])).toEqual({ value: undefined });
  expect(unwritten("{{ each }}", [])).toEqual({ value: "{{ each }}" });
  expect(unwritten("a: [", ["object"])).toHaveProperty("wrong");
});

test("a reference goes within the braces at the cursor, else it brings its own", () => {
  expect(inserted("Re: ", 4, "head.subject", false)).toEqual({ text: "Re: {{ head.subject }}", at: 22 });
  expect(inserted("{{ size() }}", 8, "a.b", false).text).toBe("{{ size(a.b) }}");
  expect(inserted("", 0, "a.b", true).text).toBe("a.b");
});

test("a fixed value as an expression, and any value in a line", () => {
  expect(asExpression(["a"])).toBe('{{ ["a"] }}');
  expect(asExpression(undefined)).toBe("{{  }}");
  expect(brief({ a: "x\n y" })).toBe('{"a":"x\\n y"}');
  expect(brief("x".repeat(200)).length).toBe(120);
});
