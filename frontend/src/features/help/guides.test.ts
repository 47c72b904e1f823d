import { expect, test } from "vitest";
import { GUIDES, linked, titleOf } from "./guides";

test("guides lead to each other, and to nothing that is not here", () => {
  expect(GUIDES).toContain("use-the-studio");
  expect(titleOf("use-the-studio")).toBe("Use the studio");
  expect(linked("See [blocks](add-a-block.md), [why](../decisions/0001-x.md) and [it](https://example.org).")).toBe(
    "See [blocks](/help/add-a-block), why and [it](https://example.org).",
  );
});
