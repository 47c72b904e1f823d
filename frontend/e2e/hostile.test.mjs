// Stored text that would be a page, in every field that somebody may fill, on every page that shows it: the policy stands,
// no script runs, nothing is asked of anybody else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { visit } from "./axe.mjs";
import { launch } from "./browser.mjs";
import { caller } from "./seed.mjs";
import { until } from "./seed-chat.mjs";
import { shared } from "./troupe.mjs";

const CORPUS = [
  `<script>window.hit=1</script>`,
  `<img src=x onerror="window.hit=1">`,
  `"><svg onload=window.hit=1>`,
  `<iframe srcdoc="<script>parent.hit=1</script>"></iframe>`,
  `[go](javascript:window.hit=1) ![p](https://outside.example/p.png)`,
  `<a href="javascript:window.hit=1">go</a>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>`,
  `{{ 7 * 7 }} \u202e evil`,
  `<link rel=stylesheet href=https://outside.example/x.css><base href=https://outside.example/>`,
];
const EVIL = CORPUS.join(" ");
const q = JSON.stringify;
const outside = [];
const refused = [];
let house, browser, page, call;

before(async () => {
  house = await shared();
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(20_000);
  page.on("request", (request) => request.url().startsWith(house.url) || request.url().startsWith("data:") || outside.push(request.url()));
  page.on("console", (said) => /Content Security Policy/i.test(said.text()) && refused.push(said.text()));
  await page.goto(house.link);
  call = caller(page);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

async function harmless(where) {
  assert.equal(await page.evaluate(() => window.hit), undefined, where);
  assert.equal(await page.locator("main :is(img[src^=http], img[src=x], script, iframe, base, a[href^=javascript])").count(), 0, where);
  assert.deepEqual([outside, refused], [[], []], where);
}

test("who is nobody yet is told a reason, not a page", async () => {
  const stranger = await (await browser.newContext()).newPage();
  stranger.on("console", (said) => /Content Security Policy/i.test(said.text()) && refused.push(said.text()));
  for (const evil of CORPUS) {
    await stranger.goto(`${house.url}/?sign_in=${encodeURIComponent(evil)}`);
    await stranger.getByRole("alert").waitFor();
    assert.equal(await stranger.evaluate(() => window.hit), undefined);
  }
  await stranger.context().close();
});

test("whatever is stored is shown as text, on every page", async () => {
  const workflow = await call("POST", "/workflows", { text: `troupe: workflow/v1
name: hostile_fields
title: ${q(EVIL)}
input: {type: object, title: ${q(EVIL)}, properties: {text: {type: string, description: ${q(EVIL)}}}}
nodes:
  set: {block: logic.set, title: ${q(EVIL)}, note: ${q(EVIL)}, with: {values: {evil: "{{ input.text }}"}}}
  send: {block: mail.send, with: {to: ["a@example.org"], subject: "{{ input.text }}", text: "{{ input.text }}"}, approve: {by: [editor], expires: 1d}}
  stop: {block: flow.fail, after: [send], with: {message: "{{ input.text }}"}}
output: "{{ set.values }}"
view: {_notes: {one: {text: ${q(EVIL)}, at: [300, 0]}}}
` });
  await call("PUT", `/workflows/${workflow.id}`, { text: (await call("GET", `/workflows/${workflow.id}`)).text.replace("values: {evil", "values: {other: 1, evil"), base_version: 1 });
  const run = await call("POST", "/runs", { workflow: "hostile_fields", input: { text: EVIL } });
  const asked = await until(async () => (await call("GET", `/approvals?status=pending&run=${run.id}`)).items[0]);
  const refusedRun = await call("POST", "/runs", { workflow: "hostile_fields", input: { text: EVIL } });
  const other = await until(async () => (await call("GET", `/approvals?status=pending&run=${refusedRun.id}`)).items[0]);
  await call("POST", `/approvals/${other.id}/decide`, { decision: "refuse", arguments_hash: other.arguments_hash, reason: EVIL });
  const agent = await call("POST", "/agents", { text: `troupe: agent/v1\nname: hostile_agent\ntitle: ${q(EVIL)}\nmodel: demo/demo\ninstructions: ${q(EVIL)}\nstarters: [${q(EVIL.slice(0, 200))}]\n` });
  const chat = await call("POST", "/conversations", { agent: "hostile_agent" });
  await call("POST", `/conversations/${chat.id}/messages`, { text: EVIL });
  const operation = { operationId: "list", summary: EVIL, description: EVIL, responses: { 200: { description: EVIL } } };
  const document = q({ openapi: "3.1.0", info: { title: EVIL, version: "1", description: EVIL }, paths: { "/a": { get: operation } } });
  const connection = await call("POST", "/connections", { connector: "openapi", name: "hostile", config: { document, base_url: "https://desk.example" } });
  const token = await call("POST", "/tokens", { name: EVIL.slice(0, 60), role: "viewer" });
  const member = await call("POST", "/members", { email: `"<img/src=x/onerror=window.hit=1>"@example.org`, role: "viewer" }).catch(() => null);
  await call("PUT", "/providers/hostile", { kind: "openai", base_url: "https://models.example/v1", key: "k", prices: { [EVIL.slice(0, 150)]: { input: 1, output: 1 } } });
  await call("PUT", "/models/routes/best", { model: `hostile/${encodeURIComponent("<img>")}<script>` });
  const studio = `/workflows/${workflow.id}`;
  const pages = [
    "/", "/workflows", "/agents", "/chat", "/runs", "/approvals", "/connections", "/models", "/settings", "/dashboard",
    studio, `${studio}?run=${run.id}&node=set`, `${studio}?node=send`, `${studio}?view=split`, `${studio}?view=outline&node=set`, `${studio}?view=versions`, `${studio}?view=runs`,
    `/runs/${run.id}`, `/runs/${run.id}?step=set`, `/runs/${refusedRun.id}`, `/runs/${refusedRun.id}?step=send`, `/runs/compare?a=${run.id}&b=${refusedRun.id}`,
    `/approvals/${asked.id}`, `/approvals/${other.id}`, `/agents/${agent.id}`, `/agents/${agent.id}?tab=versions`, `/agents/${agent.id}?chat=${chat.id}`, `/chat/${chat.id}`,
    `/connections?id=${connection.id}`, `/connections?add=${encodeURIComponent(EVIL)}`, `/models?edit=hostile`, `/runs?workflow=${encodeURIComponent(EVIL)}`, `/${encodeURIComponent(EVIL)}`,
  ];
  await page.goto(house.url);
  let shown = 0;
  for (const path of pages) {
    await visit(page, path);
    await harmless(path);
    shown += (await page.locator("main").innerText()).includes("window.hit=1");
  }
  assert.ok(shown > pages.length / 2, `it is seen on ${shown} of ${pages.length} pages`);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("script");
  await harmless("the palette");
  await call("PUT", "/models/routes/best", { model: null });
  if (member) await page.evaluate((id) => fetch(`/api/v1/members/${id}`, { method: "DELETE" }), member.id);
  await page.evaluate((id) => fetch(`/api/v1/tokens/${id}`, { method: "DELETE" }), token.id);
});
