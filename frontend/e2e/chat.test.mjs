// Chat in a real browser: an approval changed in place, branches, a queue, a stop, files, a cut line, and hostile text.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { model } from "./model.mjs";
import { caller } from "./seed.mjs";
import { HOSTILE, seededChat } from "./seed-chat.mjs";
import { troupe } from "./troupe.mjs";

const TALKER = `troupe: agent/v1
name: talker
model: fake/talker
instructions: Talk.
when_busy: queue
`;
const home = mkdtempSync(join(tmpdir(), "troupe-chat-"));
const outside = [];
const refused = [];
let house, browser, page, talks, env, port, call;

before(async () => {
  talks = await model();
  port = await freePort();
  env = { FAKE_KEY: "k", TROUPE_EGRESS_ALLOW: `127.0.0.1:1,${talks.host}`, TROUPE_LEASE_SECONDS: "3", TROUPE_PROVIDERS: JSON.stringify({ fake: { kind: "openai", base_url: talks.url, key_env: "FAKE_KEY" } }) };
  house = await troupe(env, home, String(port));
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.on("request", (request) => request.url().startsWith(house.url) || outside.push(request.url()));
  page.on("console", (said) => /Content Security Policy/i.test(said.text()) && refused.push(said.text()));
  page.setDefaultTimeout(20_000);
  await page.goto(house.link);
  call = caller(page);
  await seededChat(call);
  await call("POST", "/agents", { text: TALKER });
});

after(async () => {
  await browser?.close();
  await house?.stop();
  talks?.close();
});

const field = () => page.getByRole("textbox", { name: "Write a message" });

async function begin(agent) {
  await page.goto(`${house.url}/chat`);
  await page.getByRole("button", { name: agent }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]+/);
}

test("a question to an answer with an approval, by mouse: the arguments are changed, and carried out as changed", async () => {
  await begin("Refunds");
  await page.getByRole("button", { name: "Pay a refund of 12.50 for order A-100." }).click();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByRole("textbox", { name: "amount" }).fill("10");
  await page.getByRole("button", { name: "Approve as changed" }).click();
  const card = page.locator("details", { hasText: "pay_refund" });
  await card.getByText("Done").waitFor();
  await card.click();
  await card.getByText('"refunded": 10').waitFor();
  await page.getByRole("button", { name: "add a key" }).waitFor();
  await page.getByRole("link", { name: "Run", exact: true }).click();
  await page.waitForURL(/\/runs\//);
});

test("the same by keyboard alone, refused with a reason", async () => {
  await page.goto(house.url);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.getByRole("button", { name: "Refunds" }).focus();
  await page.keyboard.press("Enter");
  await field().focus();
  await page.keyboard.type("Pay a refund of 3 for order B-7.");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Refuse" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("Not this one.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const card = page.locator("details", { hasText: "pay_refund" });
  await card.getByText("Failed").waitFor();
  await card.locator("summary").focus();
  await page.keyboard.press("Enter");
  await card.getByText("Not this one.").first().waitFor();
});

test("an edit is a branch, and the earlier one stays reachable", async () => {
  await begin("talker");
  talks.say("The first answer.");
  await field().fill("One");
  await page.keyboard.press("Enter");
  await page.getByText("The first answer.").waitFor();
  talks.say("The second answer.");
  await page.getByRole("button", { name: "Edit message" }).click();
  await page.getByRole("textbox", { name: "Edit message" }).fill("Two");
  await page.getByRole("button", { name: "Send as a new branch" }).click();
  await page.getByText("The second answer.").waitFor();
  assert.equal(await page.getByText("The first answer.").count(), 0);
  await page.getByRole("button", { name: "Earlier version" }).click();
  await page.getByText("The first answer.").waitFor();
  await page.getByText("1 of 2").waitFor();
  talks.say("A third answer.");
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByText("A third answer.").waitFor();
  await page.getByText("3 of 3").waitFor();
});

test("messages wait while an answer is under way; a stop ends it, and what waits comes next", async () => {
  await begin("talker");
  talks.say("word ".repeat(400), 50);
  await field().fill("First");
  await page.keyboard.press("Enter");
  await page.getByText("word word word").waitFor();
  await field().fill("Second");
  await page.getByRole("button", { name: "Queue" }).click();
  await page.getByText("Queued").waitFor();
  talks.say("Now the second.");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Now the second.").waitFor();
  await page.getByText("Stopped").waitFor();
  await page.getByText("The answer broke off here.").waitFor();
});

test("a message may interrupt the answer under way", async () => {
  await begin("talker");
  talks.say("word ".repeat(400), 50);
  await field().fill("First");
  await page.keyboard.press("Enter");
  await page.getByText("word word word").waitFor();
  talks.say("At once.");
  await field().fill("No, this");
  await page.getByRole("button", { name: "Interrupt" }).click();
  await page.getByText("At once.").waitFor();
  await page.getByText("Stopped").waitFor();
});

test("what is being written outlives a visit elsewhere", async () => {
  await begin("talker");
  const here = page.url();
  await field().fill("Half a thou");
  await page.getByRole("link", { name: "Models" }).click();
  await page.goto(here);
  assert.equal(await field().inputValue(), "Half a thou");
});

test("files come by button, by drop and by paste, and go with the message", async () => {
  await begin("talker");
  talks.say("Read.");
  await page.locator("input[type=file]").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Some notes.") });
  await page.getByRole("button", { name: "Take notes.txt away" }).waitFor();
  const data = await page.evaluateHandle(() => {
    const carried = new DataTransfer();
    carried.items.add(new File(["x,y"], "table.csv", { type: "text/csv" }));
    return carried;
  });
  await page.locator("form textarea").last().dispatchEvent("drop", { dataTransfer: data });
  await page.getByRole("button", { name: "Take table.csv away" }).waitFor();
  await field().evaluate((place) => {
    const carried = new DataTransfer();
    carried.items.add(new File(["pasted"], "clip.txt", { type: "text/plain" }));
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
  });
  await page.getByRole("button", { name: "Take clip.txt away" }).waitFor();
  await field().fill("Read them");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "notes.txt" }).waitFor();
  await page.getByRole("link", { name: "table.csv" }).waitFor();
  await page.getByText("Read.", { exact: true }).waitFor();
});

test("a killed server is waited for, and the answer goes on by itself", async () => {
  await begin("talker");
  talks.say("word ".repeat(200), 50);
  await field().fill("Tell me");
  await page.keyboard.press("Enter");
  await page.getByText("word word word").waitFor();
  await house.stop({ keep: true, signal: "SIGKILL" });
  await page.getByText("The line is cut").waitFor();
  talks.say("And here is the end.");
  house = await troupe(env, home, String(port));
  await page.getByText("And here is the end.").waitFor({ timeout: 60_000 });
  assert.equal(await page.getByText("The line is cut").count(), 0);
});

test("hostile text stays text: nothing of it runs, nothing of it is fetched", async () => {
  await begin("talker");
  talks.say(HOSTILE);
  await field().fill(HOSTILE);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "p", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("main img, main script").count(), 0);
  const links = await page.locator("main article a[target=_blank]").evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.rel]));
  assert.deepEqual(links.map(([href]) => href), ["", "https://outside.example/p.png"]);
  assert.ok(links.every(([, rel]) => rel.includes("noopener")));
  assert.deepEqual([outside, refused], [[], []]);
});

test("a conversation is renamed and removed in place", async () => {
  await begin("talker");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Rename" }).fill("About nothing");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "About nothing" }).waitFor();
  await page.getByRole("button", { name: "Remove conversation" }).click();
  await page.getByRole("group", { name: /Remove this conversation/ }).getByRole("button", { name: "Remove conversation" }).click();
  await page.waitForURL(/\/chat$/);
  await page.getByText("About nothing").waitFor({ state: "detached" });
});

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

test("a demo answer asks for a key in its place, tries it, and is asked again", async () => {
  await call("POST", "/agents", { text: "troupe: agent/v1\nname: newcomer\ninstructions: Help.\n" });
  await begin("newcomer");
  await field().fill("What can you do?");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "add a key" }).click();
  await page.getByLabel("Vendor").selectOption("openai");
  await page.getByRole("textbox", { name: "Key" }).fill("sk-of-mine");
  await page.getByRole("textbox", { name: "Address Empty" }).fill("http://127.0.0.1:1/v1");
  await page.getByRole("button", { name: "Test the key and ask again" }).click();
  await page.getByRole("form", { name: "A key for a real model" }).getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Address Empty" }).fill(talks.url);
  talks.say("A real answer.");
  await page.getByRole("button", { name: "Test the key and ask again" }).click();
  await page.getByText("A real answer.").waitFor();
  assert.equal(await page.getByRole("button", { name: "add a key" }).count(), 0);
});
