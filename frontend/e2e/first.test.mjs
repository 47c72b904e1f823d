// The first screen of a new Troupe: how to begin, what is left to do, and what this machine has to offer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { troupe } from "./troupe.mjs";

let house, browser, page;

before(async () => {
  house = await troupe();
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(house.link);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

test("a new workspace is told how to begin, until it is dismissed", async () => {
  await page.getByRole("link", { name: /Chat with an agent/ }).waitFor();
  await page.getByRole("heading", { name: "First steps" }).waitFor();
  await page.getByRole("button", { name: "Do not show the first steps again" }).click();
  await page.reload();
  await page.getByRole("heading", { name: "Recent runs" }).waitFor();
  assert.equal(await page.getByRole("heading", { name: "First steps" }).count(), 0);
});

test("an empty list of workflows says what will be there", async () => {
  await page.goto(`${house.url}/workflows`);
  await page.getByText("No workflows yet").waitFor();
});
