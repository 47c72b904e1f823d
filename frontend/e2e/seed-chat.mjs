// What chat, agents, connections and models need to show something: agents with tools, a conversation, a service.
export const HOSTILE = `<img src=x onerror="window.hit=1"><script>window.hit=1</script> [link](javascript:window.hit=1) ![p](https://outside.example/p.png)`;

const WORKFLOWS = [
  `troupe: workflow/v1
name: pay_refund
title: Pay a refund
input:
  type: object
  required: [order, amount]
  properties:
    order: {type: string, description: "The number of the order."}
    amount: {type: number, description: "What is paid back."}
nodes:
  pay: {block: logic.set, with: {values: {receipt: "R-{{ input.order }}"}}}
output: {receipt: "{{ pay.values.receipt }}", refunded: "{{ input.amount }}"}
`,
  `troupe: workflow/v1
name: count_stock
title: Count the stock
input: {type: object, properties: {item: {type: string}}}
nodes:
  wait: {block: flow.sleep, with: {duration: 8s}}
output: {counted: 7}
`,
];
export const REFUNDS = `# Pays refunds, once a person agrees.
troupe: agent/v1
name: refunds
title: Refunds
model: demo/demo
instructions: |
  You handle refunds of our shop. Pay back what the customer asks for, and never more than that.
tools:
  # a person sees the exact amount first
  - workflow: pay_refund
    description: Pay a refund of an amount for an order.
    permission: ask
limits: {turns: 6, repeated_calls: 1}
when_busy: queue
starters: ["Pay a refund of 12.50 for order A-100."]
`;
export const STOCK = `troupe: agent/v1
name: stock
title: Stock
model: demo/demo
instructions: You count the stock.
tools:
  - workflow: count_stock
    description: Count the stock of an item.
when_busy: queue
`;

const operation = (operationId, summary) => ({ operationId, summary, responses: { 200: { description: "ok" } } });
const DESK = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "Desk", version: "1" },
  paths: {
    "/tickets": { get: operation("listTickets", "List tickets"), post: operation("openTicket", "Open a ticket") },
    "/tickets/1": { delete: operation("closeTicket", "Close a ticket") },
  },
});

/** What it finds, once it finds something. */
export async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Agents, workflows and a conversation that waits for a person; paths by name. */
export async function seededChat(call) {
  for (const text of WORKFLOWS) await call("POST", "/workflows", { text });
  const refunds = await call("POST", "/agents", { text: REFUNDS });
  await call("POST", "/agents", { text: STOCK });
  const text = REFUNDS.replace("turns: 6", "turns: 8");
  await call("PUT", `/agents/${refunds.id}`, { text, base_version: 1 });
  await call("PUT", `/agents/${refunds.id}/aliases/production`, { version: 1 });
  const hostile = await call("POST", "/conversations", { agent: "stock" });
  await call("POST", `/conversations/${hostile.id}/messages`, { text: `Summarize this:\n\n${HOSTILE} It is a text.` });
  const { id } = await call("POST", "/conversations", { agent: "refunds" });
  await call("POST", `/conversations/${id}/messages`, { text: "Pay a refund of 12.50 for order A-100." });
  const answered = await call("POST", "/conversations", { agent: "refunds" });
  const { run_id } = await call("POST", `/conversations/${answered.id}/messages`, { text: "Pay a refund of 3 for order B-7." });
  const asked = await until(async () => (await call("GET", "/approvals?status=pending")).items.find((one) => one.run_id === run_id));
  await call("POST", `/approvals/${asked.id}/decide`, { decision: "approve", arguments_hash: asked.arguments_hash });
  const desk = await call("POST", "/connections", { connector: "openapi", name: "helpdesk", config: { document: DESK, base_url: "https://desk.example" } });
  await call("PUT", "/providers/acme", { kind: "openai", base_url: "https://models.acme.example/v1", key: "k", prices: { "large-2": { input: 1.5, output: 6 } } });
  return {
    chat: "/chat",
    conversation: `/chat/${id}`,
    "conversation-answered": `/chat/${answered.id}`,
    "conversation-hostile": `/chat/${hostile.id}`,
    agents: "/agents",
    agent: `/agents/${refunds.id}`,
    "agent-try": `/agents/${refunds.id}?chat=${id}`,
    "agent-versions": `/agents/${refunds.id}?tab=versions`,
    "agent-figures": `/agents/${refunds.id}?tab=figures`,
    connections: "/connections",
    connection: `/connections?id=${desk.id}`,
    "connections-catalogue": "/connections?add=any",
    "connections-form": "/connections?add=postgres",
    models: "/models",
    "models-new": "/models?edit=new",
  };
}
