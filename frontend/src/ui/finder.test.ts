import { expect, test } from "vitest";
import { ranked } from "./finder";

test("titles that begin with the words come first, and every word counts", () => {
  const of = [{ title: "Send a mail", kind: "mail" }, { title: "Read", hint: "a mail box" }, { title: "Mail merge" }, { title: "Wait" }];
  expect(ranked(of, "mail").map(({ title }) => title)).toEqual(["Mail merge", "Send a mail", "Read"]);
  expect(ranked(of, "mail send").map(({ title }) => title)).toEqual(["Send a mail"]);
  expect(ranked(of, " ")).toBe(of);
});
