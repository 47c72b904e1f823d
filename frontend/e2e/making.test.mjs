// Agents, connections and models in a real browser: written, tried, compared, connected, approved, removed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { model } from "./model.mjs";
import { caller, seeded } from "./seed.mjs";
import { REFUNDS } from "./seed-chat.mjs";
import { shared } from "./troupe.mjs";

const refused = [];
let house, browser, page, call, talks, desk, paths;

before(async () => {
  talks = await model();
  desk = await service();
  house = await shared();
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (said) => /Content Security Policy/i.test(said.text()) && refused.push(said.text()));
  await page.goto(house.link);
  call = caller(page);
  paths = await seeded(page, house);
});

after(async () => {
  await browser?.close();
  await house?.stop();
  talks?.close();
  desk?.close();
});

/** The editor's text; it stands in a shadow root, which locators see through. */
const code = () => page.locator(".cm-content");

test("a new agent is written in the form and in the text, checked, saved, and tried beside it", async () => {
  await page.goto(`${house.url}/agents`);
  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("greeter");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/agents\/[0-9a-f-]+/);
  await code().getByText("name: greeter").waitFor();
  await page.getByRole("combobox", { name: "Model" }).fill("demo/demo");
  await code().getByText("model: demo/demo").waitFor();
  await code().press("Control+End");
  await page.keyboard.type("colour: red\n");
  await page.getByRole("button", { name: /Line \d+: .*colour/ }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Save version 2" }).isDisabled());
  for (let i = 0; i < "colour: red\n".length; i++) await page.keyboard.press("Backspace");
  await page.getByText("No problems").waitFor();
  await page.getByRole("button", { name: "Save version 2" }).click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await page.getByRole("textbox", { name: "Write a message" }).fill("Summarize this: one. two. three.");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "add a key" }).waitFor();
});

test("the form changes one place of the text and leaves its comments; an edit outlives the page", async () => {
  await page.goto(house.url + paths.agent);
  await page.getByRole("combobox", { name: "May use pay_refund" }).selectOption("Deny");
  await code().getByText("permission: deny").waitFor();
  for (const comment of ["# Pays refunds, once a person agrees.", "# a person sees the exact amount first"]) await code().getByText(comment).waitFor();
  await page.reload();
  await page.getByText("unsaved, kept in this browser").waitFor();
  await code().getByText("permission: deny").waitFor();
  await page.getByRole("button", { name: "Drop changes" }).click();
  await code().getByText("permission: ask").waitFor();
});

test("a version that came meanwhile is not overwritten", async () => {
  await page.getByRole("textbox", { name: "Title" }).fill("Refund desk");
  const { id, version } = await call("GET", paths.agent);
  await call("PUT", `/agents/${id}`, { text: REFUNDS.replace("turns: 6", "turns: 9"), base_version: version });
  await page.getByRole("button", { name: /^Save version/ }).click();
  await page.getByText(`version ${version + 1} has come since`).waitFor();
  assert.equal((await call("GET", paths.agent)).version, version + 1);
  await page.getByRole("button", { name: /^Put mine on top/ }).click();
  await page.getByRole("button", { name: `Save version ${version + 2}` }).click();
  await page.getByText(`Version ${version + 2}`, { exact: true }).waitFor();
  assert.equal((await call("GET", paths.agent)).title, "Refund desk");
});

test("versions are compared, and an alias is moved", async () => {
  await page.goto(`${house.url}${paths.agent}?tab=versions&to=2`);
  await page.getByText("/limits/turns").waitFor();
  await page.getByRole("button", { name: "Point to version 2" }).click();
  await page.getByRole("button", { name: /Version 2 production/ }).waitFor();
  await page.getByRole("button", { name: "Take this text up" }).click();
  await code().getByText("turns: 8").waitFor();
});

test("a service is connected by its address; what it changes waits until it is approved; then it is removed", async () => {
  await page.goto(`${house.url}/connections`);
  await page.getByRole("button", { name: "Connect a service" }).first().click();
  await page.getByRole("textbox", { name: "Address of an OpenAPI document or an MCP server" }).fill(`http://${desk.host}/openapi.json`);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "OpenAPI service" }).waitFor();
  await page.getByRole("textbox", { name: "Name Agents" }).fill("desk");
  await page.getByRole("button", { name: "Connect OpenAPI service" }).click();
  await page.getByRole("complementary", { name: "desk" }).getByText("Connected").waitFor();
  await page.getByText("listTickets").waitFor();
  await page.getByRole("searchbox", { name: "Search tools" }).fill("close");
  await page.getByText("closeTicket").waitFor();
  desk.add();
  await page.getByRole("button", { name: "Look for changes" }).click();
  await page.getByText("1 tool waits").waitFor();
  await page.getByRole("searchbox", { name: "Search tools" }).fill("");
  await page.getByRole("button", { name: "Approve openTicket" }).click();
  await page.getByText("1 tool waits").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByRole("textbox", { name: /^Scope/ }).fill("read");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("complementary", { name: "desk" }).getByText("read", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("group", { name: /Remove desk/ }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: /^desk/ }).waitFor({ state: "detached" });
});

test("a secret is typed into a password field and comes back nowhere", async () => {
  await page.goto(`${house.url}/connections?add=github`);
  const secret = page.getByLabel(/^Token/);
  assert.equal(await secret.getAttribute("type"), "password");
  await secret.fill("ghp_very_secret");
  await page.getByLabel(/^Base url/).fill(`http://${desk.host}`);
  await page.getByRole("button", { name: "Connect GitHub" }).click();
  await page.getByRole("complementary", { name: "github" }).getByText("Kept sealed").waitFor();
  assert.ok(!(await page.content()).includes("ghp_very_secret"));
});

test("a provider is added, tested and named by a route, and removed", async () => {
  await page.goto(`${house.url}/models`);
  await page.getByRole("button", { name: "Add provider" }).click();
  await page.getByRole("combobox", { name: "Name" }).fill("mine");
  await page.getByRole("textbox", { name: /^Address/ }).fill(talks.url);
  await page.getByLabel(/^Key/).fill("k-secret");
  await page.getByRole("button", { name: "Keep and test" }).click();
  const mine = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "mine" }) });
  await mine.getByRole("button", { name: "Test" }).click();
  await mine.getByText("It has 1 models.").waitFor();
  await page.getByRole("combobox", { name: "Cheap" }).fill("mine/talker");
  await page.keyboard.press("Enter");
  await page.waitForFunction(async () => (await (await fetch("/api/v1/models/routes")).json()).cheap === "mine/talker");
  await mine.getByRole("button", { name: "Remove" }).click();
  await mine.getByRole("group").getByRole("button", { name: "Remove" }).click();
  await mine.waitFor({ state: "detached" });
});

test("the app's own policy had nothing to refuse", () => assert.deepEqual(refused, []));

/** A service with an OpenAPI document, to which `add` adds an operation. */
async function service() {
  const operation = (operationId, summary) => ({ operationId, summary, responses: { 200: { description: "ok" } } });
  const document = {
    openapi: "3.1.0",
    info: { title: "Desk", version: "1" },
    paths: { "/tickets": { get: operation("listTickets", "List tickets") }, "/tickets/1": { delete: operation("closeTicket", "Close a ticket") } },
  };
  const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(JSON.stringify({ ...document, servers: [{ url: `http://${host}` }] })));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${server.address().port}`;
  return { host, add: () => (document.paths["/tickets"].post = operation("openTicket", "Open a ticket")), close: () => (server.closeAllConnections(), server.close()) };
}
