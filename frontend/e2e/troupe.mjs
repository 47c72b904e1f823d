// A real Troupe for the browser to meet: its own home, a free port, ended at the end.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.TROUPE_PYTHON ?? join(root, ".venv/bin/python");

/** `{url, link, home, pid, stop}`; `link` signs a browser in, once. */
export async function troupe(more = {}, home = mkdtempSync(join(tmpdir(), "troupe-web-")), port = "0") {
  const env = { ...process.env, PYTHONPATH: `${root}/shared:${root}`, TROUPE_REAL_MODELS: "off", ...more };
  const command = ["-P", "-m", "functions.cli", "up", "--home", home, "--port", port, "--no-open", "--json"];
  const server = spawn(python, command, { env, cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const said = await new Promise((resolve, reject) => {
    let text = "";
    server.on("exit", (code) => reject(new Error(`Troupe ended with ${code}: ${text}`)));
    server.stdout.on("data", (part) => {
      text += part;
      for (const line of text.split("\n")) {
        const event = line.startsWith("{") && line.endsWith("}") ? JSON.parse(line) : {};
        if (event.state === "ready") resolve(event);
      }
    });
  });
  const stop = async ({ keep = false, signal = "SIGTERM" } = {}) => {
    server.removeAllListeners("exit");
    const gone = new Promise((resolve) => server.on("exit", resolve));
    server.kill(signal);
    await gone;
    if (!keep) rmSync(home, { recursive: true, force: true });
  };
  return { url: said.url, link: said.sign_in, home, pid: said.pid, stop };
}

/**
 * The Troupe of every journey that neither ends it nor sets it up: the one whose folder `TROUPE_JOURNEYS` names, which
 * others have been in before, or one of its own. It may call services on this machine.
 */
export async function shared() {
  const home = process.env.TROUPE_JOURNEYS;
  if (!home) return troupe({ TROUPE_EGRESS_ALLOW: "127.0.0.0/8" });
  const { url } = JSON.parse(readFileSync(join(home, "server.json"), "utf8"));
  const headers = { authorization: `Bearer ${readFileSync(join(home, "token"), "utf8").trim()}` };
  const made = await fetch(`${url}/api/v1/login-codes`, { method: "POST", headers });
  if (!made.ok) throw new Error(await made.text());
  return { url, link: (await made.json()).url, home, stop: async () => {} };
}
