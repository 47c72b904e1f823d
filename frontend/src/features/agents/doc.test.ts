import { expect, test } from "vitest";
import { changed, kindOf, read } from "./doc";

const TEXT = `# Who helps.
troupe: agent/v1
name: support # short
instructions: |
  You help.
  Be kind.
tools:
  # looks only
  - block: http.request
    with: {method: GET}
  - connection: desk
limits: {turns: 10, time: 10m}
`;

test("a value changes in its place, and every comment stays", () => {
  const next = changed(changed(TEXT, ["tools", 1, "permission"], "ask"), ["limits", "turns"], 5);
  expect(next).toBe(TEXT.replace("  - connection: desk\n", "  - connection: desk\n    permission: ask\n").replace("{turns: 10, time: 10m}", "{ turns: 5, time: 10m }").replace("{method: GET}", "{ method: GET }"));
});

test("what is new is added, what is taken away leaves nothing behind", () => {
  expect(read(changed(TEXT, ["model"], "cheap"))?.parts.model).toBe("cheap");
  const once = changed("troupe: agent/v1\n", ["limits", "turns"], 3);
  expect(read(once)?.parts.limits).toEqual({ turns: 3 });
  expect(changed(once, ["limits", "turns"], undefined)).toBe("troupe: agent/v1\n");
  expect(read(changed("name: a\n", ["tools", 0], { block: "mail.send" }))?.parts.tools).toEqual([{ block: "mail.send" }]);
});

test("instructions keep their lines", () => {
  expect(changed(TEXT, ["instructions"], "You help.\nBe brief.\n")).toContain("instructions: |\n  You help.\n  Be brief.\n");
});

test("a text that is none has no parts", () => {
  expect([read("a: ["), read("- a"), read("")]).toEqual([null, null, null]);
});

test("a tool is told by what it names", () => {
  expect([kindOf({ connection: "desk" }), kindOf({ catalogue: ["a", "b"] }), kindOf({ catalogue: true })]).toEqual([
    ["connection", "desk"], ["catalogue", "a, b"], ["catalogue", "*"],
  ]);
});
