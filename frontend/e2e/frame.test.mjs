// The frame in a real browser: signed in by the link, by keyboard alone, in both themes, without a sin against axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, tooSmall, visit } from "./axe.mjs";
import { launch } from "./browser.mjs";
import { unseen } from "./focus.mjs";
import { seeded } from "./seed.mjs";
import { shared } from "./troupe.mjs";

let house, browser, context, page, places;
const outside = [];

before(async () => {
  house = await shared();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true });
  page = await context.newPage();
  page.on("request", (request) => request.url().startsWith(house.url) || outside.push(request.url()));
  await page.goto(house.link);
  places = await seeded(page, house);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

test("a stranger is told how to sign in and sees nothing else", async () => {
  const other = await browser.newContext();
  const stranger = await other.newPage();
  await stranger.goto(`${house.url}/runs`);
  await stranger.getByText("scripts/troupe login").waitFor();
  assert.equal(await stranger.getByRole("navigation").count(), 0);
  await other.close();
});

test("the link signs in, and places are reached by keyboard alone", async () => {
  await page.goto(house.url);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("hom");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("classify");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Classify", level: 1 }).waitFor();
  await page.getByRole("cell", { name: /^labels/ }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("use the studio");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Use the studio", level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "New workflow with it" }).click();
  await page.getByRole("button", { name: "Save workflow" }).waitFor();
  await page.goto(house.url);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
});

test("a run shows its steps, and the address keeps what was chosen", async () => {
  await page.goto(house.url + places.run);
  await page.getByRole("button", { name: "Fold each_mail[0]" }).click();
  await page.getByRole("button", { name: /^sort / }).first().click();
  await page.getByRole("heading", { name: "each_mail[0]/sort" }).waitFor();
  assert.match(page.url(), /step=each_mail/);
  await page.reload();
  await page.getByRole("heading", { name: "each_mail[0]/sort" }).waitFor();
});

test("no page is against axe's rules, in either theme", async () => {
  for (const [name, path] of Object.entries(places)) {
    await visit(page, path);
    assert.deepEqual(await faults(page), [], name);
  }
});

test("no route was forgotten", async () => {
  const left = await page.evaluate((paths) => {
    const router = window.__TSR_ROUTER__;
    const seen = new Set(paths.map((path) => router.matchRoutes(path.split("?")[0], {}).at(-1).fullPath));
    return Object.keys(router.routesByPath).filter((path) => !seen.has(path));
  }, Object.values(places));
  assert.deepEqual(left, []);
});

const MAIN = ["home", "chat", "conversation", "agents", "agent", "workflows", "studio", "studio-outline", "runs", "step", "approvals", "approval", "connections", "models", "dashboard", "settings"];

test("where the keyboard is can be seen, on every main page", async () => {
  for (const name of MAIN) {
    await visit(page, places[name]);
    assert.deepEqual(await unseen(page), [], name);
  }
});

test("on a phone a thumb hits what it is meant to, and nothing is too wide", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const name of MAIN) {
    await visit(page, places[name]);
    assert.deepEqual(await tooSmall(page), [], name);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, name);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("nothing was asked of anybody else", () => assert.deepEqual(outside, []));
