// What axe finds on a page, in both themes. The browser's context bypasses the policy, which would refuse the script.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// A theme changes colours and nothing else, so that the other theme is asked for the rules about colours.
const ALL = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }; // WCAG 2.2: 24 by 24, or room around it
const COLOURS = { resultTypes: ["violations"], runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };
const QUIET = 120; // milliseconds without a change of the page, after which it is what it will be
const PATIENCE = 3_000;

/** To a place inside the app, as a link leads there: nothing is loaded anew, and what is shown stays until the next is there. */
export async function visit(page, path) {
  await page.evaluate((path) => window.__TSR_ROUTER__.history.push(path), path);
  await page.waitForFunction(() => window.__TSR_ROUTER__.state.status === "idle" && window.__TSR_ROUTER__.state.resolvedLocation?.href === window.__TSR_ROUTER__.state.location.href);
  await settled(page);
}

/** Nothing loads, moves or changes any more; a page that never rests is taken as it is. */
export async function settled(page) {
  await page.getByRole("main").waitFor();
  await page.evaluate(
    ([quiet, patience]) =>
      new Promise((done) => {
        const begun = performance.now();
        let changed = begun;
        const watch = new MutationObserver(() => (changed = performance.now()));
        watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        const moves = () => document.getAnimations().some((one) => one.playState === "running" && one.effect.getComputedTiming().iterations !== Infinity);
        const look = () => {
          const now = performance.now();
          if (document.querySelector("[aria-label=Loading]") || moves()) changed = now;
          if (now - changed < quiet && now - begun < patience) return setTimeout(look, 30);
          watch.disconnect();
          done();
        };
        look();
      }),
    [QUIET, PATIENCE],
  );
}

/** What is too small to hit, and too near to others. What a bar that sticks covers can be scrolled free. */
export async function tooSmall(page) {
  await settled(page);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const asked = { resultTypes: ["violations"], runOnly: { type: "rule", values: ["target-size"] } };
  return page.evaluate(async (asked) => {
    const found = (await window.axe.run(asked)).violations.flatMap(({ nodes }) => nodes);
    const small = ({ width, height }) => Math.min(width, height) < 24;
    return found.filter(({ target }) => small(document.querySelector(target.at(-1)).getBoundingClientRect())).map(({ html }) => html);
  }, asked);
}

/** `theme, rule: element` of every violation. A page that is still changing is looked at again: what is wrong stays wrong. */
export async function faults(page) {
  await settled(page);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const all = [];
  for (const [colorScheme, asked] of [["light", ALL], ["dark", COLOURS]]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForFunction((dark) => document.documentElement.classList.contains("dark") === dark, colorScheme === "dark");
    let found = [];
    for (let look = 0; look < 4 && (look === 0 || found.length); look++) {
      if (look) await page.waitForTimeout(400 * look);
      found = await page.evaluate(async (asked) => (await window.axe.run(asked)).violations, asked);
    }
    all.push(...found.map((v) => `${colorScheme}, ${v.id}: ${v.nodes[0].html}`));
  }
  return all;
}
