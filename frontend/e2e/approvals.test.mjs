// Approvals by mouse, by keyboard and on a phone; what was decided elsewhere is said; what is stored is never obeyed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { caller } from "./seed.mjs";
import { shared } from "./troupe.mjs";

const EVIL = `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>`;
const ASKS = `troupe: workflow/v1
name: asks
input: {type: object, required: [text], properties: {text: {type: string}}}
nodes:
  send:
    block: mail.send
    with: {to: ["a@example.org"], subject: "{{ input.text }}", text: "Dear all"}
    approve: {by: [editor], expires: 1d}
output: "{{ send.message_id }}"
`;
let house, browser, context, page, call;

before(async () => {
  house = await shared();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  await page.goto(house.link);
  call = caller(page);
  await call("POST", "/workflows", { text: ASKS });
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

/** A run that asks, once it does. */
async function asked(text) {
  const run = await call("POST", "/runs", { workflow: "asks", input: { text } });
  for (;;) {
    const [one] = (await call("GET", `/approvals?status=pending&run=${run.id}`)).items;
    if (one) return { run, one };
  }
}

async function ended(run) {
  for (;;) {
    const now = await call("GET", `/runs/${run.id}`);
    if (["completed", "failed", "terminated"].includes(now.status)) return now;
  }
}

test("what waits is counted, opened and approved as it is", async () => {
  const { run } = await asked("hello");
  const waiting = (await call("GET", "/approvals?status=pending")).items.length;
  await page.goto(house.url);
  await page.getByText(`${waiting} waiting`).waitFor();
  await page.getByRole("link", { name: /Approvals/ }).click();
  await page.getByRole("link", { name: /Send a mail.*hello/ }).click();
  await page.getByRole("cell", { name: "hello" }).waitFor();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText("Your decision is kept; the run goes on.").waitFor();
  assert.equal((await ended(run)).status, "completed");
});

test("by keyboard alone, the arguments are changed and approved", async () => {
  const { run, one } = await asked("first words");
  await page.goto(`${house.url}/approvals/${one.id}`);
  await page.getByRole("button", { name: "Change" }).focus();
  await page.keyboard.press("Enter");
  const subject = page.getByRole("textbox", { name: /^subject/ });
  await subject.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("other words");
  await page.getByRole("button", { name: "Approve as changed" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Your decision is kept").waitFor();
  await ended(run);
  const [step] = (await call("GET", `/runs/${run.id}/steps?key=send`)).items.filter(({ key }) => key === "send");
  assert.equal(step.input.subject ?? step.input.with?.subject, "other words");
});

test("on a phone a thumb refuses, with a reason", async () => {
  const { run, one } = await asked("no");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${house.url}/approvals/${one.id}`);
  const refuse = page.getByRole("button", { name: "Refuse" });
  await refuse.waitFor();
  const box = await refuse.boundingBox();
  assert.ok(box.y + box.height <= 740 && box.y > 370 && box.height >= 44, JSON.stringify(box));
  await refuse.click();
  await page.getByLabel(/Why not/).fill("not today");
  await page.getByRole("button", { name: "Refuse with this reason" }).click();
  await page.getByText("Your decision is kept").waitFor();
  assert.equal((await ended(run)).status, "failed");
  assert.equal((await call("GET", `/approvals/${one.id}`)).reason, "not today");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("what somebody else decided meanwhile is said", async () => {
  const { one } = await asked("meanwhile");
  await page.goto(`${house.url}/approvals/${one.id}`);
  await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  await call("POST", `/approvals/${one.id}/decide`, { decision: "refuse", arguments_hash: one.arguments_hash });
  await page.getByText("This was decided elsewhere while you looked.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Approve", exact: true }).count(), 0);
});

test("stored text that would be a page is shown as text", async () => {
  const { run, one } = await asked(EVIL);
  for (const path of [`/approvals/${one.id}`, `/runs/${run.id}`, `/runs/${run.id}?step=send`]) {
    await page.goto(house.url + path);
    await page.getByText("onerror").first().waitFor();
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator("main img").count(), 0);
  }
});
