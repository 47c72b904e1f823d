// The first screen of a new Troupe: how to begin, what is left to do, and what this machine has to offer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { model } from "./model.mjs";
import { caller } from "./seed.mjs";
import { until } from "./seed-chat.mjs";
import { troupe } from "./troupe.mjs";

let house, browser, page, ollama;

before(async () => {
  ollama = await model();
  house = await troupe({ TROUPE_OLLAMA: ollama.host, TROUPE_EGRESS_ALLOW: ollama.host, TROUPE_REAL_MODELS: "on", OPENAI_API_KEY: "sk-of-nobody" });
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(house.link);
});

after(async () => {
  await browser?.close();
  await house?.stop();
  ollama?.close();
});

test("a key of the environment and an Ollama that runs are taken up by one click", async () => {
  const offers = page.getByRole("region", { name: "Models on this machine" });
  await offers.getByText("A key for openai stands in the environment.").waitFor();
  const here = offers.getByRole("listitem").filter({ hasText: "Ollama is running here." });
  await offers.getByRole("listitem").filter({ hasText: "openai" }).getByText("In everyday use").waitFor();
  await here.getByRole("button", { name: "Use ollama" }).click();
  await here.getByText("In everyday use").waitFor();
  const call = caller(page);
  assert.equal((await call("GET", "/models/routes")).default, "ollama/talker");
  ollama.say("From this machine.");
  const asks = 'troupe: workflow/v1\nname: asks\nnodes:\n  one: {block: ai.chat, with: {messages: [{role: user, text: "Hi."}]}}\noutput: "{{ one.text }}"\n';
  const { id } = await call("POST", "/runs", { text: asks, input: {} });
  const over = await until(async () => ((one) => one.status === "completed" && one)(await call("GET", `/runs/${id}`)));
  assert.equal(over.output, "From this machine.");
  assert.equal(over.usage.cost_usd, 0);
  await offers.getByRole("button", { name: "Use openai" }).click();
  await offers.getByRole("listitem").filter({ hasText: "openai" }).getByText("In everyday use").waitFor();
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
