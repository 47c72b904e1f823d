import { expect, test } from "vitest";
import { connectorOf, nameOf } from "./guess";

test("an address says what it is", () => {
  expect(["https://desk.example/openapi.json", "https://x.example/v1/swagger", "https://docs.example/mcp"].map(connectorOf)).toEqual(["openapi", "openapi", "mcp"]);
});

test("a name is what people would say, or nothing", () => {
  expect(["https://api.desk.example/openapi.json", "https://mcp.notion.com/mcp", "http://localhost:9400/a", "http://127.0.0.1:9400/a", "no address"].map(nameOf)).toEqual([
    "desk", "notion", "localhost", "", "",
  ]);
});
