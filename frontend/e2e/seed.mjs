// What pages need to show something: the mails of the example (one waits for a person), and a run that failed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededChat, until } from "./seed-chat.mjs";

const EXAMPLE = fileURLToPath(new URL("../../docs/examples/mails/", import.meta.url));
const FAILS = `troupe: workflow/v1
name: pay_invoice
nodes:
  stop:
    block: flow.fail
    with: {message: "The invoice has no amount."}
`;

/** The API, as the signed-in page calls it; the body of an answer, or an error that says what it was. */
export function caller(page) {
  return async (method, path, body) => {
    const answer = await page.evaluate(
      async ([method, path, body]) => {
        const headers = { "content-type": "application/json" };
        const given = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
        return { ok: given.ok, body: await given.json() };
      },
      [method, path, body],
    );
    if (!answer.ok) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
}

/** Paths by name, of things that are there; made once in a house. */
export async function seeded(page, { home }) {
  const kept = join(home, "places.json");
  if (!existsSync(kept)) writeFileSync(kept, JSON.stringify(await made(page)));
  return JSON.parse(readFileSync(kept, "utf8"));
}

async function made(page) {
  const call = caller(page);
  const text = readFileSync(`${EXAMPLE}workflow.yaml`, "utf8");
  const names = readdirSync(`${EXAMPLE}mails`).slice(0, 6);
  const mails = names.map((name) => ({ name, text: readFileSync(`${EXAMPLE}mails/${name}`, "utf8") }));
  const workflow = await call("POST", "/workflows", { text });
  const run = await call("POST", "/runs", { workflow: "triage_mail", input: { mails } });
  const failed = await call("POST", "/runs", { text: FAILS, input: {} });
  const again = await call("POST", "/runs", { workflow: "triage_mail", input: { mails: mails.slice(0, 3) } });
  await call("PUT", "/budgets/workspace", { limit_usd: 5, period: "month" });
  const chat = await seededChat(call);
  const next = text.replace("question: \"Write a short reply", "question: \"Write a kind reply").replace(/ {6}send:\n[^]*?\n\n/, "      brief: {block: text.template, with: {text: \"{{ sort.label }}\"}}\n\n").replace("has(send.message_id) || ", "");
  await call("PUT", `/workflows/${workflow.id}`, { text: next, base_version: 1 });
  const over = async ({ id }) => ["completed", "failed", "review"].includes((await call("GET", `/runs/${id}`)).status);
  for (const one of [run, failed, again]) await until(() => over(one));
  const asked = await until(async () => (await call("GET", `/approvals?run=${run.id}`)).items[0]);
  const studio = `/workflows/${workflow.id}`;
  return {
    ...chat,
    workflows: "/workflows", "workflow-new": "/workflows?new=1", studio, "studio-run": `${studio}?run=${run.id}&node=each_mail.send_checked`, "studio-text": `${studio}?view=split`,
    "studio-outline": `${studio}?view=outline&node=each_mail.sort`, "studio-versions": `${studio}?view=versions`,
    "studio-runs": `${studio}?view=runs`,
    approvals: "/approvals", approval: `/approvals/${asked.id}`, dashboard: "/dashboard", settings: "/settings",
    compare: `/runs/compare?a=${run.id}&b=${again.id}`, step: `/runs/${run.id}?step=${encodeURIComponent("each_mail[0]/sort")}`,
    fork: `/runs/${run.id}?step=report&fork=${encodeURIComponent("each_mail[0]/sort")}`,
    help: "/help", "help-guide": "/help/use-the-studio", "help-block": "/help/blocks/ai.classify",
    home: "/", runs: "/runs", run: `/runs/${run.id}`, "run-failed": `/runs/${failed.id}`, nowhere: "/nowhere" };
}
