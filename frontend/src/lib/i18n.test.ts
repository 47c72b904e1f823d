import { expect, test } from "vitest";
import studio from "../features/workflows/en.json";
import en from "./en.json";

const files = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.*", "!../api/**"], {
  query: "?raw", import: "default", eager: true,
});
const text = Object.values(files).join("\n");

function keys(part: object, before = ""): string[] {
  return Object.entries(part).flatMap(([key, value]) =>
    typeof value === "string" ? [before + key] : keys(value as object, `${before}${key}.`),
  );
}

test("every sentence is used", () => {
  const begun = [...text.matchAll(/t\(`([^$`]*)\$\{/g)].map((found) => found[1] as string);
  const unused = keys({ ...en, ...studio }).filter((key) => !text.includes(`"${key.replace(/_(one|other)$/, "")}"`) && !begun.some((start) => key.startsWith(start)));
  expect(unused).toEqual([]);
});

test("no component speaks for itself", () => {
  const spoken = [...text.matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}=;]*)</g)].map((found) => found[1]);
  expect(spoken).toEqual([]);
});
