// Runs that are watched and steered: live, through a kill of the server, settled, forked, compared, kept by filters.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { caller } from "./seed.mjs";
import { troupe } from "./troupe.mjs";

const slow = (name, count, ms) =>
  [
    "troupe: workflow/v1",
    `name: ${name}`,
    "nodes:",
    ...Array.from({ length: count }, (_, i) => `  s${i}: {block: test.noop, with: {value: ${i}, sleep_ms: ${ms}}${i ? `, after: [s${i - 1}]` : ""}}`),
    `output: "{{ s${count - 1}.value }}"`,
    "",
  ].join("\n");
let house, browser, page, call, pays;
const paid = [];

before(async () => {
  // A payment that is never answered: whether it happened, nobody here can know.
  pays = createServer((request) => paid.push(request.url));
  await new Promise((resolve) => pays.listen(0, "127.0.0.1", resolve));
  house = await troupe({ TROUPE_EGRESS_ALLOW: `127.0.0.1:${pays.address().port}`, TROUPE_LEASE_SECONDS: "2" });
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true })).newPage();
  await page.goto(house.link);
  call = caller(page);
});

after(async () => {
  await browser?.close();
  pays?.closeAllConnections();
  pays?.close();
  await house?.stop();
});

const start = (text, input = {}) => call("POST", "/runs", { text, input });
const finished = () => page.getByRole("banner").or(page.locator("main header")).getByText("Completed").waitFor({ timeout: 30_000 });

/** The server dies as by a pulled plug, and comes back at the same place. */
async function killed(between = async () => {}) {
  const { home, url } = house;
  await house.stop({ keep: true, signal: "SIGKILL" });
  await between();
  house = await troupe({ TROUPE_EGRESS_ALLOW: `127.0.0.1:${pays.address().port}`, TROUPE_LEASE_SECONDS: "2" }, home, new URL(url).port);
}

test("a page goes on by itself after the server was killed in the run that it shows", async () => {
  const run = await start(slow("long", 24, 250));
  await page.goto(`${house.url}/runs/${run.id}`);
  await page.getByRole("button", { name: /^s3 Done/ }).waitFor();
  await killed(() => page.getByText("Troupe does not answer").waitFor());
  await finished();
  await page.getByText("Troupe does not answer").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^s23 Done/ }).waitFor();
});

test("a step that nobody knows of is settled by who looked, in the studio as on the run's page; the studio goes on by itself", async () => {
  const pay = `http://127.0.0.1:${pays.address().port}/pay`;
  const text = `troupe: workflow/v1\nname: pay\nnodes:\n  pay:\n    block: http.request\n    with: {method: POST, url: "${pay}", json: {a: 1}}\noutput: "{{ pay.status }}"\n`;
  const run = await start(text);
  const { id } = await call("POST", "/workflows", { text });
  const other = await call("POST", "/runs", { workflow: "pay", input: {} });
  while (paid.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await page.goto(`${house.url}/workflows/${id}?run=${other.id}&node=pay`);
  await page.getByRole("button", { name: "Output", exact: true }).click();
  await page.getByRole("complementary", { name: "Selected node" }).getByText("Running", { exact: true }).first().waitFor();
  await killed();
  await page.getByRole("heading", { name: "Did it happen?" }).waitFor({ timeout: 30_000 });
  await page.getByLabel("Note", { exact: true }).fill("They never saw it.");
  await page.getByLabel(/^Output/).fill('{"status": 202, "headers": {}, "text": "", "json": null}');
  await page.getByRole("button", { name: "Settle step" }).click();
  await page.getByRole("region", { name: "Runs in the studio" }).getByRole("status").getByText("Completed").waitFor({ timeout: 30_000 });
  assert.equal((await call("GET", `/runs/${other.id}`)).output, 202);
  await page.goto(`${house.url}/runs/${run.id}?step=pay`);
  await page.getByRole("heading", { name: "Did it happen?" }).waitFor({ timeout: 30_000 });
  await page.getByLabel(/^Output/).fill('{"status": 201, "headers": {}, "text": "", "json": null}');
  await page.getByLabel("Note").fill("The bank says so.");
  await page.getByRole("button", { name: "Settle step" }).click();
  await finished();
  assert.equal((await call("GET", `/runs/${run.id}`)).output, 201);
  assert.equal(paid.length, 2);
});

test("a run is ended, by keyboard, and says why", async () => {
  const run = await start(slow("endless", 100, 400));
  await page.goto(`${house.url}/runs/${run.id}`);
  await page.getByRole("button", { name: "Terminate" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("enough");
  await page.keyboard.press("Enter");
  await page.locator("main header").getByText("Terminated").waitFor();
  await page.getByText(/enough/).waitFor();
});

test("a run starts again at a step with another output, and the two are compared", async () => {
  await call("POST", "/workflows", { text: slow("three", 3, 1).replace("value: 2", 'value: "{{ s1.value }}"') });
  const run = await call("POST", "/runs", { workflow: "three", input: {} });
  await page.goto(`${house.url}/runs/${run.id}?step=s1`);
  await finished();
  await page.getByRole("button", { name: "Run again from here" }).click();
  await page.getByRole("button", { name: "Give its output" }).click();
  await page.getByLabel("Output of s1").fill('{"value": "changed"}');
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(run.id));
  await finished();
  await page.getByText("changed").first().waitFor();
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("button", { name: /^s1 Done.*other output/ }).click();
  await page.getByRole("button", { name: /^s0 / }).waitFor({ state: "detached" });
  await page.getByText("B s1", { exact: true }).waitFor();
});

test("a run is kept as a file of JSON", async () => {
  const [run] = (await call("GET", "/runs?workflow=three")).items;
  await page.goto(`${house.url}/runs/${run.id}`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "JSON", exact: true }).first().click()]);
  const kept = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.deepEqual([kept.run.id, kept.steps.length], [run.id, 3]);
});

test("filters stand in the address and are kept by name; two runs are picked to be compared", async () => {
  await page.goto(`${house.url}/runs`);
  await page.getByRole("combobox", { name: "Workflow" }).selectOption("three");
  await page.waitForURL(/workflow=three/);
  await page.getByRole("combobox", { name: "Time" }).selectOption("24h");
  await page.getByRole("button", { name: "Save filters" }).click();
  await page.getByRole("textbox", { name: "Name of the filters" }).fill("mine");
  await page.keyboard.press("Enter");
  await page.goto(`${house.url}/runs`);
  await page.getByRole("combobox", { name: "Saved filters" }).selectOption("mine");
  await page.waitForURL(/since=24h/);
  const boxes = page.getByRole("checkbox", { name: "Compare three" });
  await boxes.nth(1).waitFor();
  assert.equal(await boxes.count(), 2);
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("heading", { name: "Two runs" }).waitFor();
});

test("a long list is fetched as it is scrolled, and stays where it is", async () => {
  const text = slow("short", 1, 0);
  await call("POST", "/workflows", { text });
  await page.evaluate(async () => {
    for (let i = 0; i < 26; i++) {
      const body = JSON.stringify({ workflow: "short", input: {} });
      const one = () => fetch("/api/v1/runs", { method: "POST", headers: { "content-type": "application/json" }, body });
      await Promise.all(Array.from({ length: 10 }, one));
    }
  });
  await page.goto(`${house.url}/runs?workflow=short`);
  await page.locator("li[aria-posinset='1']").waitFor();
  assert.equal(await page.locator("li").first().getAttribute("aria-setsize"), "200");
  assert.ok((await page.locator("main li").count()) < 80);
  await page.mouse.move(700, 600);
  await page.mouse.wheel(0, 7000);
  await page.locator("li[aria-setsize='260']").first().waitFor();
  const before = await page.evaluate(() => scrollY);
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => scrollY), before);
});
