// The studio in a real browser: a workflow built by keyboard in its outline and its text, run, undone, written in two tabs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { caller } from "./seed.mjs";
import { shared } from "./troupe.mjs";

const EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>{{ 7 }}";
const ORDER = `# Two steps, and what we think of them.
troupe: workflow/v1
name: order
title: Take orders
input: {type: object, properties: {what: {type: string}}}
nodes:
  # greets
  hello:
    block: text.template
    with: {text: "Hello {{ input.what }}"} # in one line
  shout:
    block: text.template
    with: {text: "{{ hello.text }}!"}
output: "{{ shout.text }}"
`;
const refused = [];
let house, browser, context, page, call;

before(async () => {
  house = await shared();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await opened(context);
  await page.goto(house.link);
  call = caller(page);
});

after(async () => {
  await browser?.close();
  await house?.stop();
});

async function opened(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (said) => /Content Security Policy/i.test(said.text()) && refused.push(said.text()));
  return page;
}

/** The editor's text; it stands in a shadow root, which locators see through. */
const code = (on = page) => on.locator(".cm-content");
const button = (name, on = page) => on.getByRole("button", { name, exact: typeof name === "string" });
const row = (path) => page.locator(`[data-path="${path}"]`);
const panel = () => page.getByRole("complementary", { name: "Selected node" });
const named = async (id) => {
  await page.getByRole("textbox", { name: "Name in expressions" }).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(id);
  await page.keyboard.press("Enter");
  await row(id).waitFor();
};
const press = async (name, key = "Enter") => {
  await button(name).focus();
  await page.keyboard.press(key);
};
const kept = async (id) => (await call("GET", `/workflows/${id}`)).text;
const made = (name, text = ORDER) => call("POST", "/workflows", { text: text.replace("name: order", `name: ${name}`) });
const show = async (id, view, on = page) => {
  await on.goto(`${house.url}/workflows/${id}?view=${view}`);
  await button(/^Save version/, on).waitFor();
};

test("the examples are offered, and one is copied and adapted", async () => {
  await page.goto(`${house.url}/workflows?new=1`);
  await page.getByRole("radio", { name: /^Report a year of sales/ }).check();
  await page.getByRole("textbox", { name: "Name" }).fill("our_sales");
  await button("Copy and adapt").click();
  await page.getByRole("heading", { name: "Report a year of sales" }).waitFor();
  await page.getByText("Not saved yet, kept in this browser").waitFor();
  await button("Save workflow").click();
  await page.getByText("Version 1", { exact: true }).waitFor();
  await page.waitForURL(/workflows\/[0-9a-f-]{36}/);
  assert.equal((await call("GET", new URL(page.url()).pathname)).name, "our_sales");
});

test("by keyboard alone a workflow is built from nothing in the outline, saved and run", async () => {
  await page.goto(house.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("New workflow");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Name" }).waitFor();
  await page.keyboard.type("greetings");
  await page.keyboard.press("Enter");
  await press("Outline");
  await press("Add a node");
  await page.keyboard.type("fill a template");
  await page.keyboard.press("Enter");
  await row("template").and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await panel().getByRole("textbox", { name: "text", exact: true }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("Hello world");
  await named("hello");
  await press("Add a node");
  await page.keyboard.type("each: once");
  await page.keyboard.press("Enter");
  await panel().getByRole("textbox", { name: "items" }).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("[1, 2, 3]");
  await press("Add a node to each");
  await page.keyboard.type("text.template");
  await page.keyboard.press("Enter");
  await row("each.template").and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await panel().getByRole("textbox", { name: "text", exact: true }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("{{ hello.text }} {{ item }}");
  await page.keyboard.press("Escape");
  await row("each.template").and(page.locator(":focus")).waitFor();
  await page.keyboard.press("ArrowUp");
  await row("each").and(page.locator(":focus")).waitFor();
  await press("Close");
  await panel().getByRole("textbox", { name: "Output" }).focus();
  await page.keyboard.type("{{ each }}");
  await button("No problems").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Version 1", { exact: true }).waitFor();
  await press("Run workflow");
  await page.getByRole("textbox", { name: /^Input of the run/ }).waitFor();
  await button("Run workflow").last().focus();
  await page.keyboard.press("Enter");
  await row("hello").getByText("Done").waitFor();
  const [run] = (await call("GET", "/runs?workflow=greetings")).items;
  await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/runs/${id}`)).json()).status === "completed", run.id);
  assert.equal((await call("GET", `/runs/${run.id}`)).output.length, 3);
  await press("Runs");
  await page.getByRole("link", { name: "On the canvas" }).first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".react-flow").getByText("Done").first().waitFor();
});

test("the outline renames, connects, moves and deletes, and the comments of the text stay", async () => {
  const { id } = await made("outlined");
  await show(id, "outline");
  await row("hello").press("Enter");
  await named("greet");
  await row("shout").getByText("greet.text!").waitFor();
  await row("shout").press("Enter");
  await panel().getByText("When, order, retries, approval").click();
  await panel().getByRole("checkbox", { name: "greet" }).check();
  await row("shout").press("Alt+ArrowUp");
  await page.waitForFunction(() => document.querySelector("[data-path]")?.getAttribute("data-path") === "shout");
  await button("Duplicate").click();
  await row("shout_2").press("Delete");
  await row("shout_2").waitFor({ state: "detached" });
  await button("Save version 2").click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  const text = await kept(id);
  for (const comment of ["# Two steps, and what we think of them.", "  # greets\n  greet:", "# in one line"]) assert.ok(text.includes(comment), text);
  assert.ok(text.indexOf("shout:") < text.indexOf("greet:"));
  assert.match(text, /after: \[greet\]/);
});

test("the text and the canvas follow each other; a problem leads to its line; undo is one for all", async () => {
  const { id } = await made("written");
  await show(id, "split");
  await code().getByText("# greets").waitFor();
  await code().press("Control+End");
  await page.keyboard.type("colour: red");
  await button("1 problem").waitFor();
  await button("1 problem").click();
  await button(/Line \d+: .*colour/).waitFor();
  assert.ok(await button("Save version 2").isDisabled());
  await button(/Line \d+: .*colour/).click();
  await page.waitForFunction(() => document.querySelector("[data-writing]")?.shadowRoot?.activeElement);
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "No problems" }).waitFor();
  assert.ok(!(await code().innerText()).includes("colour"));
  await button("Outline").click();
  await row("hello").click();
  await panel().getByText("When, order, retries, approval").click();
  await panel().getByRole("textbox", { name: "Title" }).fill("Says hello");
  await button("Text").click();
  await code().getByText("title: Says hello").waitFor();
  await page.locator(".react-flow").getByText("Says hello").waitFor();
  await button("Undo").first().click();
  await code().getByText("title: Says hello").waitFor({ state: "detached" });
  await button("Redo").first().click();
  await code().getByText("title: Says hello").waitFor();
});

test("an edit outlives the page, and is dropped only on demand", async () => {
  const { id } = await made("drafted");
  await show(id, "split");
  await code().press("Control+End");
  await page.keyboard.type("note: mine");
  await page.getByText("unsaved, kept in this browser").waitFor();
  await page.reload();
  await code().getByText("note: mine").waitFor();
  await button("Drop changes").click();
  await code().getByText("note: mine").waitFor({ state: "detached" });
  await page.getByText("unsaved, kept in this browser").waitFor({ state: "detached" });
  await button("Undo").first().click();
  await code().getByText("note: mine").waitFor();
  await button("Drop changes").click();
});

test("two tabs write one workflow: neither overwrites the other, both texts are shown, and one is put on top", async () => {
  const { id } = await made("shared_one");
  const other = await opened(context);
  for (const on of [page, other]) await show(id, "split", on);
  for (const [on, words] of [[page, "note: first tab"], [other, "note: second tab"]]) {
    await code(on).press("Control+End");
    await on.keyboard.type(words);
    await on.getByRole("button", { name: "No problems" }).waitFor();
  }
  await button("Save version 2").click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  const late = button(/^Save version/, other);
  if (await late.isEnabled()) await late.click();
  const notice = other.getByRole("region", { name: "Somebody was faster" });
  await notice.getByText("You began from version 1; version 2 has come since.").waitFor();
  await notice.getByText("note: first tab").waitFor();
  await notice.getByText("note: second tab").waitFor();
  assert.match(await kept(id), /first tab/);
  await button("Take theirs", other).click();
  await code(other).getByText("note: first tab").waitFor();
  await button("Undo", other).first().click();
  await code(other).getByText("note: second tab").waitFor();
  await code().press("Control+End");
  await page.keyboard.type(", again");
  await page.getByRole("button", { name: "No problems" }).waitFor();
  await button("Save version 3").click();
  await page.getByText("Version 3", { exact: true }).waitFor();
  await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/workflows/${id}`)).json()).version === 3, id);
  if (await late.isEnabled()) await late.click();
  await button("Put mine on top", other).click();
  await other.getByText("Version 4", { exact: true }).waitFor();
  assert.match(await kept(id), /second tab/);
  await other.close();
});

test("versions are compared on the canvas and in words, named, and an old one is put on top", async () => {
  const { id } = await made("versioned");
  const next = (await kept(id)).replace("Hello", "Good day").replace(/ {2}shout:[^]*/, "  last: {block: text.template, after: [hello], with: {text: done}}\noutput: \"{{ last.text }}\"\n");
  await call("PUT", `/workflows/${id}`, { text: next, base_version: 1 });
  await show(id, "versions");
  const drawn = page.getByRole("region", { name: "What changed from version 1 to version 2, on the canvas" });
  for (const [node, word] of [["hello", "Changed"], ["last", "Added"], ["shout", "Removed"]]) await drawn.locator(`[data-id="${node}"]`).getByText(word).waitFor();
  await drawn.locator(".react-flow__edge").nth(1).waitFor({ state: "attached" });
  await button("/nodes/shout").focus();
  await page.keyboard.press("Enter");
  await drawn.locator(`[data-id="shout"]`).and(page.locator(":focus")).waitFor();
  await page.getByText("/nodes/hello/with/text").waitFor();
  await page.getByText("As lines of text").click();
  await page.getByRole("region", { name: "As lines of text" }).getByText("Good day").waitFor();
  await page.getByRole("button", { name: /^Version 1/ }).click();
  await button("Point to version 1").click();
  await page.getByRole("button", { name: /Version 1 production/ }).waitFor();
  await page.getByRole("button", { name: /^Version 2/ }).click();
  await button("Point to version 2").click();
  await page.getByText("production points to version 2.").waitFor();
  await button("Back to version 1").click();
  await page.getByText("production points to version 1.").waitFor();
  await page.getByRole("button", { name: /^Version 1/ }).click();
  await button("Take this text up").click();
  await code().getByText("Hello").first().waitFor();
  await button("Save version 3").click();
  await page.getByText("Version 3", { exact: true }).waitFor();
  assert.match(await kept(id), /Hello/);
});

test("what somebody wrote into titles and notes is shown and never obeyed", async () => {
  const text = ORDER.replace("Take orders", JSON.stringify(EVIL)).replace("    block: text.template", `    block: text.template\n    title: ${JSON.stringify(EVIL)}\n    note: ${JSON.stringify(EVIL)}`);
  const { id } = await made("evil", `${text}view: {_notes: {a: {text: ${JSON.stringify(EVIL)}, at: [400, 0]}}}\n`);
  for (const view of ["canvas", "split", "outline", "versions", "runs"]) {
    await show(id, view);
    await page.getByRole("heading", { name: EVIL }).waitFor();
    if (view === "canvas") await page.locator(".react-flow").getByText("onerror").first().waitFor();
  }
  await page.goto(`${house.url}/workflows`);
  await page.getByText(EVIL).waitFor();
  assert.notEqual(await page.title(), "owned");
  assert.equal(await page.locator("img[src=x]").count(), 0);
});

test("the app's own policy had nothing to refuse", () => assert.deepEqual(refused, []));
