// `npm run lock`: npm leaves the packages of other platforms out of the lock where a registry lacks one of them, and
// `npm ci` then refuses it everywhere. This puts them in, by what those that want them say.
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = new Set(["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]);
const CPUS = new Set(["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"]);
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));

for (const [name, entry] of Object.entries(lock.packages)) {
  for (const [wanted, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`${name}/node_modules/${wanted}`] || lock.packages[`node_modules/${wanted}`]) continue;
    const words = wanted.split(/[-/]/);
    const cpu = words.filter((word) => CPUS.has(word)).slice(-1);
    const os = words.filter((word) => SYSTEMS.has(word)).slice(-1);
    lock.packages[`node_modules/${wanted}`] = {
      version: version.replace(/^[~^]/, ""),
      ...(cpu.length ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os.length ? { os } : {}),
    };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
