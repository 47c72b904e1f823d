// What axe finds on a page, in both themes. The browser's context bypasses the policy, which would refuse the script.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `theme, rule: element` of every violation. A page that is still changing is looked at again: what is wrong stays wrong. */
export async function faults(page) {
  await page.getByRole("main").waitFor();
  await page.waitForTimeout(400);
  await page.evaluate(axe);
  const all = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    let found = [];
    for (let look = 0; look < 4 && (look === 0 || found.length); look++) {
      await page.waitForTimeout(150 + 400 * look);
      found = await page.evaluate(async () => (await window.axe.run()).violations);
    }
    all.push(...found.map((v) => `${colorScheme}, ${v.id}: ${v.nodes[0].html}`));
  }
  return all;
}
