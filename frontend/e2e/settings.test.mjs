// Settings, dashboard and home: a token is shown once and taken back in time, a budget set, a chart read as a table.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { seeded } from "./seed.mjs";
import { shared } from "./troupe.mjs";

let house, browser, page;

before(async () => {
  house = await shared();
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(house.link);
  await seeded(page, house);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

test("a token works, is shown once, and its end can be taken back", async () => {
  await page.goto(`${house.url}/settings`);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name").fill("builder");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = await page.locator("pre", { hasText: "trp_" }).textContent();
  const me = await fetch(`${house.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await me.json()).role, "editor");
  await page.getByRole("button", { name: "I have kept it" }).click();
  assert.equal(await page.getByText(secret).count(), 0);
  await page.getByRole("button", { name: "Revoke builder" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Revoke builder" }).click();
  await page.getByText("builder").waitFor({ state: "detached", timeout: 15_000 });
  const gone = await fetch(`${house.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(gone.status, 401);
});

test("a budget is changed where it stands, and a member let in", async () => {
  await page.goto(`${house.url}/settings`);
  await page.getByRole("button", { name: "Change the budget of The whole workspace" }).click();
  await page.getByLabel("Dollars").fill("7.5");
  await page.getByRole("button", { name: "Set budget" }).click();
  await page.getByText("of $7.50 this month").waitFor();
  await page.getByRole("button", { name: "Add member" }).click();
  await page.getByLabel("Email").fill("ada@example.org");
  await page.getByRole("button", { name: "Let in" }).click();
  await page.getByText("ada@example.org").waitFor();
});

test("the theme is this browser's and stays", async () => {
  await page.goto(`${house.url}/settings`);
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.classList.contains("dark")), true);
  await page.getByRole("button", { name: "System", exact: true }).click();
});

test("each chart is a table too, and a day leads to its runs", async () => {
  await page.goto(`${house.url}/dashboard`);
  const chart = page.getByRole("figure", { name: "Runs by day" });
  await chart.locator("svg.recharts-surface").first().waitFor({ state: "attached" });
  await chart.getByRole("button", { name: "Table" }).click();
  await chart.getByRole("link").last().click();
  await page.waitForURL(/\/runs\?.*since=\d{4}-/);
  await page.getByRole("link", { name: /triage_mail/ }).first().waitFor();
});

test("a bar leads to the runs of its day, and a name to its own", async () => {
  await page.goto(`${house.url}/dashboard`);
  const chart = page.getByRole("figure", { name: "Runs by day" });
  const bar = await chart.locator(".recharts-bar-rectangle path").last().boundingBox();
  await page.mouse.move(bar.x + bar.width / 2, bar.y + 5);
  await chart.locator(".recharts-tooltip-label").waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/\/runs\?.*since=\d{4}-/);
  await page.goto(`${house.url}/dashboard`);
  await page.getByRole("link", { name: "triage_mail" }).click();
  await page.waitForURL(/workflow=triage_mail/);
});

test("home says what waits", async () => {
  await page.goto(house.url);
  await page.getByRole("heading", { name: "Waits for you" }).waitFor();
  await page.getByRole("heading", { name: "Recent runs" }).waitFor();
});
