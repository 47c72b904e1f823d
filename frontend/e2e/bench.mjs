// What `scripts/bench web` measures in a browser: one JSON object a line.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { troupe } from "./troupe.mjs";

const NODES = 500;
const RUNS = Number(process.env.BENCH_RUNS ?? 10_000);
const DRAG = 4_000; // milliseconds
const AT_ONCE = 24;

/** Five strands that cross now and then. */
const big = [
  "troupe: workflow/v1",
  "name: big",
  "nodes:",
  ...Array.from({ length: NODES }, (_, i) => `  n${i}: {block: text.template, with: {text: "step ${i}"}${i < 5 ? "" : `, after: [n${i - 5}${i % 7 ? "" : `, n${i - 3}`}]`}}`),
  `output: "{{ n${NODES - 1}.text }}"`,
  "",
].join("\n");

const house = await troupe();
const browser = await launch();
const token = readFileSync(join(house.home, "token"), "utf8").trim();

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${house.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function say(result) {
  console.log(JSON.stringify(result));
}

/** Frames a second, and the slowest twentieth of them in milliseconds, while something is done. */
async function frames(page, act) {
  await page.evaluate(() => {
    window.frames = [];
    const note = (at) => window.frames.push(at) && (window.noting = requestAnimationFrame(note));
    window.noting = requestAnimationFrame(note);
  });
  await act();
  const at = await page.evaluate(() => (cancelAnimationFrame(window.noting), window.frames));
  const gaps = at.slice(1).map((time, i) => time - at[i]).sort((a, b) => a - b);
  return { frames_per_s: (1000 * gaps.length) / (at.at(-1) - at[0]), p95_ms: gaps[Math.floor(gaps.length * 0.95)] };
}

async function studio(page) {
  const { id } = await call("POST", "/workflows", { text: big });
  await page.goto(`${house.url}/workflows`);
  await page.getByRole("link", { name: "big" }).waitFor();
  await page.evaluate(() => (performance.mark("begun"), document.querySelector("main table a").click()));
  await page.locator(".react-flow__node").first().waitFor();
  const warm = await page.evaluate(() => performance.measure("open", "begun").duration);
  const begun = Date.now();
  await page.goto(`${house.url}/workflows/${id}`);
  await page.locator(".react-flow__node").first().waitFor();
  say({ case: `open ${NODES} nodes`, from_list_ms: warm, whole_page_ms: Date.now() - begun });
  await page.locator(".react-flow__edge").first().waitFor({ state: "attached" }); // a line straight down has no width
  await page.waitForTimeout(1500);
  const box = await page.locator(".react-flow__node").nth(4).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const moved = await frames(page, async () => {
    for (const begun = Date.now(); Date.now() - begun < DRAG; ) {
      const turn = (Date.now() - begun) / 400;
      await page.mouse.move(x + 160 * Math.sin(turn), y + 90 * (1 - Math.cos(turn)));
    }
  });
  const let_go = Date.now();
  await page.mouse.up();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  say({ case: `drag among ${NODES}`, ...moved, let_go_ms: Date.now() - let_go });
}

async function list(page) {
  const text = "troupe: workflow/v1\nname: one\nnodes:\n  a: {block: text.template, with: {text: hello}}\noutput: \"{{ a.text }}\"\n";
  let left = RUNS;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await call("POST", "/runs", { text, input: {} }); }));
  await page.goto(`${house.url}/runs`);
  await page.locator("main ul li").first().waitFor();
  await page.mouse.move(700, 500);
  let jumps = 0;
  let empty = 0;
  let deepest = 0;
  const smooth = await frames(page, async () => {
    for (let i = 0; i < 260; i++) {
      const before = await page.evaluate(() => scrollY);
      await page.mouse.wheel(0, 1400);
      const seen = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done({
        at: scrollY,
        end: document.documentElement.scrollHeight - innerHeight,
        row: Boolean(document.elementFromPoint(700, 500)?.closest("main ul li")),
      })))));
      const wanted = Math.min(before + 1400, seen.end);
      if (seen.at < before - 1 || seen.at > wanted + 1) jumps++;
      if (!seen.row) empty++;
      deepest = Math.max(deepest, seen.at);
    }
  });
  const rows = await page.evaluate(() => Number(document.querySelector("main ul li")?.getAttribute("aria-setsize")));
  say({ case: `scroll ${RUNS} runs`, jumps, empty_frames: empty, rows_loaded: rows, pixels: deepest, ...smooth });
}

try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(house.link);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await studio(page);
  await list(page);
} finally {
  await browser.close();
  await house.stop();
}
