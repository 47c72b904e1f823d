// The studio's canvas: a workflow that sorts mails is built from nothing by mouse, then by keyboard alone, run and forked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults } from "./axe.mjs";
import { launch } from "./browser.mjs";
import { caller } from "./seed.mjs";
import { shared } from "./troupe.mjs";

const EVIL = `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>`;
const SCHEMA = "type: object\nrequired: [mails]\nproperties:\n  mails: {type: array, items: {type: object, properties: {from: {type: string}, text: {type: string}}}}";
const MAILS = [
  { from: "dana@example.com", text: "The invoice was charged twice, please refund one payment." },
  { from: "kwame@example.com", text: "The export button crashes with an error." },
];
let house, browser, page, call;

before(async () => {
  house = await shared();
  browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true, permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(house.link);
  call = caller(page);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

const canvas = () => page.locator(".react-flow");
const node = (path) => page.locator(`.react-flow__node[data-id="${path}"]`);
const field = (name) => page.getByRole("complementary", { name: "Selected node" }).getByRole("textbox", { name, exact: true });
const text = async () => JSON.parse(await page.evaluate(() => localStorage.getItem(`troupe.draft.workflow.new.${new URLSearchParams(location.search).get("name")}`)) ?? "{}").text ?? "";

async function until(holds, what) {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  assert.fail(what);
}

async function has(part) {
  await until(async () => (await text()).includes(part), `${part} is not in:\n${await text()}`);
}

test("by mouse: the mail workflow from an empty canvas, run, watched and forked", async () => {
  await page.goto(`${house.url}/workflows`);
  await page.getByRole("textbox", { name: "Name" }).fill("by_mouse");
  await page.getByRole("button", { name: "Open the studio" }).click();
  await field("Input, as JSON Schema").fill(SCHEMA);
  await page.getByRole("button", { name: "Add the first node" }).click();
  await page.getByRole("option", { name: /^Each: once per item/ }).click();
  await has('items: "{{ input.mails }}"');
  await node("each").click({ position: { x: 120, y: 20 } });
  await page.getByRole("button", { name: "Add a node", exact: true }).click();
  await page.getByRole("combobox", { name: "Add a node" }).fill("classify");
  await page.getByRole("option", { name: /^Classify/ }).click();
  await node("each.classify").click();
  await page.getByRole("group", { name: "How text is given" }).getByRole("button", { name: "Expression" }).click();
  await page.getByRole("button", { name: "Choose a variable for text" }).click();
  await page.getByRole("option", { name: /^item/ }).first().click();
  await has("{{ item }}");
  await field("text").fill("{{ item.text }}");
  await field("labels").fill("bug, billing, praise");
  // A wire that is let go over nothing asks what should be there.
  const out = await node("each.classify").locator(".react-flow__handle.main.source").boundingBox();
  await page.mouse.move(out.x + 5, out.y + 5);
  await page.mouse.down();
  await page.mouse.move(out.x + 330, out.y + 10, { steps: 8 });
  await page.mouse.up();
  await page.getByRole("combobox", { name: "Add a node" }).fill("answer");
  await page.getByRole("option", { name: /^Answer/ }).click();
  await has("classify.label");
  await until(() => page.locator(".react-flow__edge").count(), "no edge is drawn");
  await page.getByRole("button", { name: "Tidy up" }).click();
  assert.match(await text(), /view:/);
  await canvas().click({ position: { x: 20, y: 20 } });
  await page.getByRole("button", { name: "Add a node", exact: true }).click();
  await page.getByRole("combobox", { name: "Add a node" }).fill("fill a template");
  await page.getByRole("option", { name: /^Fill a template/ }).click();
  await node("template").waitFor();
  await field("text").fill("Sorted.");
  // From the frame to the new node: it is to come after all of them.
  await page.getByRole("button", { name: "Show all" }).click();
  await page.waitForTimeout(300);
  const from = await node("each").locator("> div > .react-flow__handle.main.source, .react-flow__handle.main.source").last().boundingBox();
  const to = await node("template").boundingBox();
  await page.mouse.move(from.x + 4, from.y + 4);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 10 });
  const goal = await page.getByText("Only after each").boundingBox();
  await page.mouse.move(goal.x + 10, goal.y + goal.height / 2, { steps: 3 });
  await page.mouse.up();
  await has("after: [each]");
  // What a pass gives, what the whole gives.
  await node("each").click({ position: { x: 120, y: 20 } });
  await field("Output").fill('label: "{{ classify.label }}"\nreply: "{{ answer.text }}"');
  await canvas().click({ position: { x: 20, y: 20 } });
  await field("Output").fill('rows: "{{ each }}"');
  await page.getByRole("button", { name: "No problems" }).waitFor();
  await page.getByRole("button", { name: "Save workflow" }).click();
  await page.getByText("Version 1").waitFor();
  await ran(MAILS);
  await until(async () => (await node("each.classify").textContent()).includes("2/2"), "the passes are not counted");
  // Forked at a step, with an output given in its place: the new run is shown here.
  await node("each.classify").click();
  await page.getByRole("button", { name: "Output", exact: true }).click();
  await page.getByRole("combobox", { name: /^Pass of each/ }).selectOption("1");
  await page.getByText('"label": "bug"').waitFor();
  const before = page.url();
  await page.getByRole("button", { name: "Run again from here" }).click();
  await page.getByRole("button", { name: "Give its output" }).click();
  await page.getByLabel(/^Output of each\[1\]/).fill('{"label": "praise", "confidence": 1, "cached": false, "reason": ""}');
  await page.getByRole("button", { name: /^Start|^Fork|^Run/ }).last().click();
  await page.waitForURL((url) => url.href !== before);
  await completed();
  const run = await call("GET", `/runs/${new URL(page.url()).searchParams.get("run")}`);
  assert.equal(run.output.rows[1].label, "praise");
  assert.equal(run.output.rows[0].label, "billing");
});

const completed = () => page.getByRole("region", { name: "Runs in the studio" }).getByRole("status").getByText("Completed").waitFor({ timeout: 30_000 });

/** The workflow is run with these mails, to its end. */
async function ran(mails) {
  await page.getByRole("button", { name: "Run workflow" }).first().click();
  await page.getByLabel(/^Input of the run/).fill(JSON.stringify({ mails }));
  await page.getByRole("button", { name: "Run workflow" }).last().click();
  await completed();
}

/** Writes into a field that is reached without a mouse. */
async function write(name, words) {
  await field(name).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(words);
}

async function focused(path) {
  await until(() => page.evaluate((path) => document.activeElement?.dataset.id === path, path), `${path} is not focused`);
}

/** Search to add, from the node that has the focus. */
async function add(words, path) {
  await page.keyboard.press("Tab");
  await page.keyboard.type(words);
  await page.keyboard.press("Enter");
  await focused(path);
}

test("by keyboard alone: the same workflow, run from the canvas", async () => {
  await page.goto(`${house.url}/workflows`);
  await page.getByRole("button", { name: "New workflow" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Name" }).focus();
  await page.keyboard.type("by_keyboard");
  await page.keyboard.press("Enter");
  await write("Input, as JSON Schema", JSON.stringify({ type: "object", properties: { mails: { type: "array" } } }));
  await page.getByRole("button", { name: "Add the first node" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("each");
  await page.keyboard.press("Enter");
  await focused("each");
  await add("classify", "each.classify");
  await page.keyboard.press("Enter");
  await until(() => page.evaluate(() => Boolean(document.activeElement?.closest("#studio-panel"))), "Enter does not lead to the panel");
  await write("text", "{{ item.text }}");
  await write("labels", "bug, billing, praise");
  await node("each.classify").focus();
  await add("answer a question", "each.answer");
  await write("question", "Write a short reply.");
  await until(async () => !(await page.locator(".react-flow__edge").count()), "there is still an edge"); // so that they stand side by side
  await node("each.answer").focus();
  await page.keyboard.press("ArrowLeft");
  await focused("each.classify");
  await page.keyboard.press("c");
  await page.keyboard.type("answer context");
  await page.keyboard.press("Enter");
  await has('context: "{{ classify.label }}"');
  await focused("each.classify");
  // Twice, and not after all; a step to the side and back.
  await page.keyboard.press("Control+d");
  await focused("each.classify_2");
  await page.keyboard.press("Delete");
  await until(async () => !(await text()).includes("classify_2"), "it is still there");
  await canvas().focus();
  await page.keyboard.press("Control+z");
  await has("classify_2");
  await page.keyboard.press("Control+Shift+z");
  await until(async () => !(await text()).includes("classify_2"), "redo did nothing");
  await node("each.classify").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await has("each.classify: [30,");
  await page.keyboard.press("ArrowUp");
  await focused("each");
  await write("Output", "label: ");
  await page.keyboard.type('"{{ classify.label }}"');
  await node("each").focus();
  await page.keyboard.press("Escape");
  await write("Output", "rows: ");
  await page.keyboard.type('"{{ each }}"');
  await page.getByRole("button", { name: "No problems" }).waitFor();
  await page.getByRole("button", { name: "Save workflow" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Version 1").waitFor();
  await node("each").focus();
  await page.keyboard.press("Control+Enter");
  await page.getByLabel(/^Input of the run/).waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(JSON.stringify({ mails: MAILS }));
  await page.keyboard.press("Control+Enter");
  await completed();
  const run = await call("GET", `/runs/${new URL(page.url()).searchParams.get("run")}`);
  assert.deepEqual(run.output.rows.map(({ label }) => label), ["billing", "bug"]);
});

test("what is stored is shown as text, and nothing is against axe's rules, in either theme", async () => {
  const hostile = `troupe: workflow/v1\nname: hostile\ntitle: ${JSON.stringify(EVIL)}\nnodes:\n  set:\n    block: logic.set\n    title: ${JSON.stringify(EVIL)}\n    with: {values: {evil: ${JSON.stringify(EVIL)}}}\noutput: "{{ set.values }}"\nview: {_notes: {one: {text: ${JSON.stringify(EVIL)}, at: [300, 0]}}}\n`;
  const { id } = await call("POST", "/workflows", { text: hostile });
  const run = await call("POST", "/runs", { workflow: "hostile", input: {} });
  await page.goto(`${house.url}/workflows/${id}?run=${run.id}&node=set`);
  await node("set").getByText("onerror").waitFor();
  await until(async () => (await node("set").textContent()).includes("Done"), "the run is not shown");
  for (const part of ["Config", "Output", "Input", "palette", "wide"]) {
    if (part === "palette") await page.getByRole("button", { name: "Add a node", exact: true }).click();
    else if (part === "wide") await page.getByRole("button", { name: "Input, config and output side by side" }).click();
    else await page.getByRole("button", { name: part, exact: true }).click();
    assert.deepEqual(await faults(page), [], part);
    if (part === "palette") await page.keyboard.press("Escape");
  }
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.locator("main img, main script").count(), 0);
});

test("an output that is pinned is given instead of the step, and one node runs alone on what is known", async () => {
  const chain = "troupe: workflow/v1\nname: chain\nnodes:\n  first: {block: text.template, with: {text: real}}\n  second: {block: text.template, with: {text: \"{{ first.text }}!\"}}\noutput: \"{{ second.text }}\"\n";
  const { id } = await call("POST", "/workflows", { text: chain });
  await page.goto(`${house.url}/workflows/${id}?node=first`);
  await page.getByRole("button", { name: "Run workflow" }).first().click();
  await completed();
  await page.getByRole("button", { name: "Output", exact: true }).click();
  await page.getByRole("button", { name: "Pin output" }).click();
  await page.getByLabel("Pinned output").fill('{"text": "pinned"}');
  await node("second").click();
  const before = page.url();
  await page.getByRole("button", { name: "Run this node" }).click();
  await page.waitForURL((url) => url.searchParams.get("run") !== new URL(before).searchParams.get("run"));
  await completed();
  const run = await call("GET", `/runs/${new URL(page.url()).searchParams.get("run")}`);
  assert.equal(run.output.text, "pinned!");
  await page.getByRole("button", { name: "Config", exact: true }).click();
  await page.getByText('"pinned!"').or(page.getByText("pinned!")).first().waitFor();
});

test("a dry run sends nothing, and says that it was one", async () => {
  const text = 'troupe: workflow/v1\nname: dry\nnodes:\n  send: {block: mail.send, with: {to: ["a@example.org"], subject: s, text: t}}\noutput: "{{ send.message_id }}"\n';
  const { id } = await call("POST", "/workflows", { text });
  await page.goto(`${house.url}/workflows/${id}?node=send`);
  await page.getByRole("button", { name: "Input and dry run" }).click();
  await page.getByRole("button", { name: "Dry run", exact: true }).click();
  await completed();
  await page.getByRole("region", { name: "Runs in the studio" }).getByText("dry run", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Output", exact: true }).click();
  await page.getByRole("complementary", { name: "Selected node" }).getByText("Simulated").waitFor();
  const run = await call("GET", `/runs/${new URL(page.url()).searchParams.get("run")}`);
  assert.equal(run.dry_run, true);
});

test("one node inside a frame runs alone, as the pass that is looked at", async () => {
  const rooms = `troupe: workflow/v1
name: rooms
nodes:
  word: {block: text.template, with: {text: hello}}
  each:
    each: {items: "{{ ['a', 'b'] }}"}
    nodes:
      one: {block: text.template, with: {text: "{{ item }}{{ index }}"}}
      two: {block: text.template, with: {text: "{{ word.text }} {{ one.text }} {{ item }}"}}
    output: "{{ two.text }}"
output: "{{ each }}"
`;
  const { id } = await call("POST", "/workflows", { text: rooms });
  await page.goto(`${house.url}/workflows/${id}?node=each.two`);
  await page.getByRole("button", { name: "Run workflow" }).first().click();
  await completed();
  await page.getByRole("button", { name: "Output", exact: true }).click();
  await page.getByRole("combobox", { name: /^Pass of each/ }).selectOption("1");
  const before = page.url();
  await page.getByRole("button", { name: "Run this node" }).click();
  await page.waitForURL((url) => url.href !== before);
  await completed();
  const run = new URL(page.url()).searchParams.get("run");
  assert.equal((await call("GET", `/runs/${run}`)).output.text, "hello b1 b");
  assert.ok((await call("GET", `/runs/${run}/steps`)).items.some(({ key, status }) => key === "each[1]/two" && status === "done"));
});

test("on a phone the canvas is there to look at, and the panel to write in", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { items } = await call("GET", "/workflows?limit=50");
  await page.goto(`${house.url}/workflows/${items.find(({ name }) => name === "by_mouse").id}`);
  await node("each.classify").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a node", exact: true }).count(), 0);
  const { id } = items.find(({ name }) => name === "chain");
  await page.goto(`${house.url}/workflows/${id}?node=first`);
  await field("text").fill("by thumb");
  await page.getByRole("button", { name: "Save version 2" }).click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  assert.match((await call("GET", `/workflows/${id}`)).text, /by thumb/);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.setViewportSize({ width: 1440, height: 900 });
});
