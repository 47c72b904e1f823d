// `npm run screens [FOLDER [SCALE]]`: every route as a small picture, light, dark and on a phone, into docs/screens/; what is
// too wide for its screen, a tablet's too, is told and ends with 1.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { seeded } from "./seed.mjs";
import { troupe } from "./troupe.mjs";

const out = process.argv[2] ?? fileURLToPath(new URL("../../docs/screens/", import.meta.url));
const scale = Number(process.argv[3] ?? 0.5);
const SHAPES = { light: [1440, 900, "light"], dark: [1440, 900, "dark"], tablet: [768, 1024, "light"], phone: [360, 740, "light"] };
const PICTURED = new Set(["light", "dark", "phone"]);
mkdirSync(out, { recursive: true });

const house = await troupe();
const browser = await launch();
let cookies, places;
try {
  for (const [shape, [width, height, colorScheme]] of Object.entries(SHAPES)) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale });
    const page = await context.newPage();
    if (shape === "light") await page.goto(house.link);
    else await context.addCookies(cookies);
    cookies ??= await context.cookies();
    places ??= await seeded(page, house);
    for (const [name, path] of Object.entries(places)) {
      await page.goto(house.url + path);
      // A run is listened to, so the network is never idle: what is looked for is that nothing is loading any more.
      await page.getByRole("main").waitFor();
      await page.waitForFunction(() => !document.querySelector("[aria-label=Loading]"));
      await page.waitForTimeout(500);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) {
        console.error(`${name} ${shape}: ${wide} px too wide`);
        process.exitCode = 1;
      }
      if (PICTURED.has(shape)) await page.screenshot({ path: `${out}/${name}-${shape}.png` });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await house.stop();
}
