import { expect, test } from "vitest";
import {
  addNode, connect, copyNodes, disconnect, moveNode, pasteNodes, place, removeNodes, renameNode, setIn, setNotes,
} from "./edit";
import MAILS from "../../../../../docs/examples/mails/workflow.yaml?raw";
import { freshId } from "./names";
import { allNodes, nodeAt, read } from "./read";
import type { Flow } from "./types";

const SMALL = `# Two steps.
troupe: workflow/v1
name: small # short
nodes:
  # takes it in
  fetch:
    block: http.request
    with: {url: "{{ input.url }}"} # the page
    # that is all

  # says it in short
  short:
    block: ai.summarize
    with:
      text: "{{ fetch.text }}" # all of it
    after: [fetch]
output: "{{ short.summary }}"
`;

function flowOf(text: string): Flow {
  const { flow, wrong } = read(text);
  if (!flow) throw new Error(wrong?.message);
  return flow;
}

/** What an edit changed: the lines that went and those that came. */
function change(before: string, after: string): string[] {
  const [old, next] = [before.split("\n"), after.split("\n")];
  let [from, to] = [0, 0];
  while (from < Math.min(old.length, next.length) && old[from] === next[from]) from++;
  while (to < Math.min(old.length, next.length) - from && old.at(-1 - to) === next.at(-1 - to)) to++;
  return [...old.slice(from, old.length - to).map((line) => `-${line}`), ...next.slice(from, next.length - to).map((line) => `+${line}`)];
}

test("a text is read as nodes with their frames, kinds and lines", () => {
  const flow = flowOf(MAILS);
  expect([flow.name, flow.title]).toEqual(["triage_mail", "Triage the support mailbox"]);
  expect(flow.nodes.map(({ id, kind }) => [id, kind])).toEqual([["each_mail", "each"], ["report", "block"]]);
  const sort = nodeAt(flow, "each_mail.sort");
  expect([sort?.frame, sort?.block, sort?.line]).toEqual(["each_mail", "ai.classify", 21]);
  expect(allNodes(flow.nodes)).toHaveLength(7);
});

test("what is half written is read as far as it goes, and what is no YAML is told with its line", () => {
  expect(flowOf("name: a\nnodes:\n  b:\n  c: 4\n").nodes.map(({ id, body }) => [id, body])).toEqual([["b", {}], ["c", {}]]);
  expect(read("name: a\nnodes: {").wrong?.line).toBe(2);
  expect(read("").wrong?.line).toBe(1);
  expect(read("a: &x 1\nb: *x\n").flow?.nodes).toEqual([]);
});

test("a field changes where it stands, and nothing else does", () => {
  expect(change(SMALL, setIn(SMALL, "short", ["with", "text"], "{{ fetch.body }}"))).toEqual([
    '-      text: "{{ fetch.text }}" # all of it', '+      text: "{{ fetch.body }}" # all of it',
  ]);
  expect(change(SMALL, setIn(SMALL, "fetch", ["with", "method"], "GET"))).toEqual([
    '-    with: {url: "{{ input.url }}"} # the page', '+    with: {url: "{{ input.url }}", method: GET} # the page',
  ]);
  expect(change(SMALL, setIn(SMALL, "", ["title"], "Two steps: yes"))).toEqual(['+title: "Two steps: yes"']);
});

test("a field that is new is added behind the others, one that goes leaves no empty map", () => {
  expect(change(SMALL, setIn(SMALL, "short", ["retry", "attempts"], 3))).toEqual(["+    retry: {attempts: 3}"]);
  expect(change(SMALL, setIn(SMALL, "short", ["with", "text"], undefined))).toEqual(["-    with:", '-      text: "{{ fetch.text }}" # all of it']);
  expect(setIn(SMALL, "short", ["nothing"], undefined)).toBe(SMALL);
});

test("a whole map is written only where it differs", () => {
  const next = setIn(SMALL, "short", ["with"], { text: "{{ fetch.text }}", length: 3 });
  expect(change(SMALL, next)).toEqual(["+      length: 3"]);
});

test("a text of several lines stands as lines", () => {
  expect(change(SMALL, setIn(SMALL, "short", ["note"], "One.\n\nTwo.\n"))).toEqual(["+    note: |", "+      One.", "+", "+      Two."]);
});

test("texts that YAML would take for something else are quoted", () => {
  for (const value of ["no", "12", "a: b", "{{ x }}", "# no comment", "", " a", 'say "hi"', "back\\slash", "null", "1e3", "é\u2028", "- x"]) {
    expect(flowOf(setIn(SMALL, "fetch", ["note"], value)).nodes[0]?.body.note).toBe(value);
  }
});

test("a node is added at the end of its frame, over several lines", () => {
  expect(change(SMALL, addNode(SMALL, "", "send", { block: "mail.send", with: { to: ["a@b.c"] } }))).toEqual([
    "+  send:", "+    block: mail.send", "+    with: {to: [a@b.c]}",
  ]);
  const inner = addNode(MAILS, "each_mail", "file", { block: "files.write" });
  expect(change(MAILS, inner)).toEqual(["+      file:", "+        block: files.write"]);
  const empty = "troupe: workflow/v1\nname: empty\nnodes: {}\n";
  expect(addNode(empty, "", "a", { block: "x.y" })).toBe("troupe: workflow/v1\nname: empty\nnodes:\n  a:\n    block: x.y\n");
  expect(addNode("name: empty\n", "", "a", { block: "x.y" })).toBe("name: empty\nnodes:\n  a:\n    block: x.y\n");
  expect(addNode("name: empty\nnodes:\n", "", "a", { block: "x.y" })).toBe("name: empty\nnodes:\n  a:\n    block: x.y\n");
  expect(() => addNode(SMALL, "", "short", {})).toThrow("already");
});

test("a frame that is added takes nodes in", () => {
  const framed = addNode(SMALL, "", "all", { each: { items: "{{ input.urls }}" }, nodes: {} });
  const filled = addNode(framed, "all", "one", { block: "http.request" });
  expect(change(SMALL, filled)).toEqual(["+  all:", '+    each: {items: "{{ input.urls }}"}', "+    nodes:", "+      one:", "+        block: http.request"]);
});

test("what goes takes its comments, the waits for it and its place along", () => {
  const placed = place(SMALL, { fetch: [0, 0], short: [0, 200.4] });
  expect(change(SMALL, placed)).toEqual(["+view: {fetch: [0, 0], short: [0, 200]}"]);
  const gone = removeNodes(placed, ["fetch"]);
  expect(gone).not.toContain("takes it in");
  expect(gone).toContain("# says it in short\n  short:\n");
  expect(gone).not.toContain("after");
  expect(gone).toContain("view: {short: [0, 200]}");
  expect(removeNodes(SMALL, ["fetch", "short"])).toContain("nodes: {}");
});

test("a new id is followed by expressions, waits and places, and by nothing that only looks like it", () => {
  const text = `name: a
nodes:
  sort:
    block: ai.classify
  after_it:
    block: x.y
    after: [sort] # waits
    when: sort.label == "sort" && !has(sort.error)
    with:
      one: "{{ sort.label }} sort {{{{ sort }} {{ x.sort }}"
      two: '{{ [1].map(sort, sort + 1) }} {{ sort(sort.list) }} {{ {"sort": sort} }}'
      three: "{{ sort.a == \\"sort\\" }}"
      four: |
        sort: {{ sort.label }}
  frame:
    each: {items: "{{ sort.labels }}"}
    nodes:
      inner: {block: x.y, when: sort.ok, after: [sort]}
output: "{{ sort }}"
view: {sort: [1, 2], frame.inner: [3, 4]}
`;
  const named = renameNode(text, "sort", "kind");
  expect(named).toContain("  kind:\n");
  expect(named).toContain("after: [kind] # waits");
  expect(named).toContain('when: kind.label == "sort" && !has(kind.error)');
  expect(named).toContain('one: "{{ kind.label }} sort {{{{ sort }} {{ x.sort }}"');
  expect(named).toContain(`two: '{{ [1].map(sort, sort + 1) }} {{ sort(kind.list) }} {{ {"sort": kind} }}'`);
  expect(nodeAt(flowOf(named), "after_it")?.body.with).toMatchObject({ three: '{{ kind.a == "sort" }}' });
  expect(named).toContain("        sort: {{ kind.label }}\n");
  expect(named).toContain('each: {items: "{{ kind.labels }}"}');
  expect(named).toContain("when: kind.ok, after: [sort]");
  expect(named).toContain('output: "{{ kind }}"\nview: {kind: [1, 2], frame.inner: [3, 4]}');
  expect(() => renameNode(text, "sort", "frame")).toThrow("already");
});

test("an inner node is renamed in its frame, and outside of it nothing is", () => {
  const named = renameNode(MAILS, "each_mail.sort", "kind");
  expect(named.match(/\bkind\b/g)).toHaveLength(5);
  expect(named).toContain('when: kind.label != "praise"          # who praises us gets no form letter');
  expect(renameNode(named, "each_mail.kind", "sort")).toBe(MAILS);
});

test("nodes connect and come apart", () => {
  const joined = connect(MAILS, "each_mail.sort", "each_mail.head");
  expect(change(MAILS, joined)).toEqual(["+        after: [sort]"]);
  expect(connect(joined, "each_mail.sort", "each_mail.head")).toBe(joined);
  expect(disconnect(joined, "each_mail.sort", "each_mail.head")).toBe(MAILS);
  expect(() => connect(MAILS, "each_mail.sort", "report")).toThrow("same frame");
});

test("a node moves with its comments", () => {
  const inside = moveNode(MAILS, "report", "each_mail");
  expect(flowOf(inside).nodes.map(({ id }) => id)).toEqual(["each_mail"]);
  expect(inside).toContain("      report:\n        block: text.template\n        with:\n          text: ");
  const first = moveNode(SMALL, "short", "", "fetch");
  expect(flowOf(first).nodes.map(({ id }) => id)).toEqual(["short", "fetch"]);
  expect(first).toContain("nodes:\n  # says it in short\n  short:\n");
  expect(moveNode(first, "short", "").split("\n").sort()).toEqual(SMALL.split("\n").sort());
  expect(() => moveNode(MAILS, "each_mail", "each_mail")).toThrow("itself");
});

test("a copy keeps comments and lands beside the first with a free id", () => {
  const copied = copyNodes(place(SMALL, { short: [10, 20] }), ["short"]);
  expect(copied).toBe(`nodes:
  # says it in short
  short:
    block: ai.summarize
    with:
      text: "{{ fetch.text }}" # all of it
    after: [fetch]
view: {short: [10, 20]}
`);
  const pasted = pasteNodes(SMALL, "", copied);
  expect(pasted.paths).toEqual(["short_2"]);
  expect(pasted.text).toContain("view: {short_2: [42, 52]}");
  const deep = pasteNodes(MAILS, "each_mail", copyNodes(MAILS, ["report", "each_mail"]));
  expect(deep.paths).toEqual(["each_mail.report_2", "each_mail.each_mail_2"]);
  expect(deep.text).toContain("size(each_mail_2)");
  expect(() => pasteNodes(SMALL, "", "hello")).toThrow();
});

test("notes stand beside the nodes' places, and every text in them is only a text", () => {
  const noted = setNotes(MAILS, [{ id: "n1", text: "<img src=x onerror=alert(1)>\n# not a comment: {{ x }}", at: [1.2, 3] }]);
  expect(noted.startsWith(MAILS)).toBe(true);
  expect(flowOf(noted).notes).toEqual([{ id: "n1", text: "<img src=x onerror=alert(1)>\n# not a comment: {{ x }}", at: [1, 3] }]);
  const both = place(noted, { report: [5, 6] });
  expect(flowOf(both).places).toEqual({ report: [5, 6] });
  expect(setNotes(place(both, { report: undefined }), [])).toBe(MAILS);
});

test("many places are one edit, and hand-written ones keep their comments", () => {
  const text = `${SMALL}view:\n  fetch: [0, 0] # here\n  short: [0, 320]\n`;
  const moved = place(text, { fetch: [8, 8], other: [1, 1] });
  expect(change(text, moved)).toEqual(["-  fetch: [0, 0] # here", "-  short: [0, 320]", "+  fetch: [8, 8] # here", "+  short: [0, 320]", "+  other: [1, 1]"]);
});

test("500 nodes are read and changed in a moment", () => {
  const nodes = Array.from({ length: 500 }, (_, i) => `  n${i}:\n    block: text.template\n    with: {text: "{{ ${i ? `n${i - 1}.text` : "input.text"} }}"}\n`).join("");
  const text = `troupe: workflow/v1\nname: big\nnodes:\n${nodes}`;
  const begin = performance.now();
  const placed = place(text, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`n${i}`, [0, i * 100] as [number, number]])));
  const gone = removeNodes(placed, Array.from({ length: 100 }, (_, i) => `n${i}`));
  expect(flowOf(gone).nodes).toHaveLength(400);
  expect(Object.keys(flowOf(gone).places)).toHaveLength(400);
  expect(performance.now() - begin).toBeLessThan(4_000);
});

test("a text that was written on Windows, and one that is JSON, are edited too", () => {
  const windows = SMALL.replaceAll("\n", "\r\n");
  expect(flowOf(setIn(windows, "short", ["timeout"], "2m")).nodes[1]?.body.timeout).toBe("2m");
  const json = '{"troupe": "workflow/v1", "name": "j", "nodes": {"a": {"block": "x.y"}}}';
  expect(addNode(json, "", "b", { block: "x.z" })).toBe('{"troupe": "workflow/v1", "name": "j", "nodes": {"a": {"block": "x.y"}, b: {block: x.z}}}');
  expect(removeNodes(json, ["a"])).toBe('{"troupe": "workflow/v1", "name": "j", "nodes": {}}');
});

test("a free id is found for every block", () => {
  const flow = flowOf(MAILS);
  expect([freshId(flow, "ai.classify"), freshId(flow, "x.sort"), freshId(flow, "flow.loop"), freshId(flow, "a.9-B")]).toEqual(["classify", "sort_2", "loop_2", "b"]);
});
