import { afterEach, expect, test, vi } from "vitest";
import { eventsOf, follow } from "./sse";

function stream(...pieces: string[]): ReadableStream<Uint8Array> {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  return new ReadableStream({
    pull(controller) {
      const next = bytes.shift();
      if (next) controller.enqueue(next);
      else controller.close();
    },
  });
}

afterEach(() => vi.unstubAllGlobals());

test("events are whole however the bytes were cut, and pings are none", async () => {
  const told = [];
  for await (const event of eventsOf(stream("id: a:1\nda", 'ta: {"x":', "1}\n\n: ping\n\nda", "ta: two\r\n\r\ndata: never whole"))) told.push(event);
  expect(told).toEqual([{ id: "a:1", data: '{"x":1}' }, { id: "", data: "two" }]);
});

test("a cut stream goes on after the last id that was heard", async () => {
  const asked: (string | undefined)[] = [];
  const answers = [stream("id: 1\ndata: a\n\n", "data: b\n\n"), stream("id: 2\ndata: end\n\n")];
  vi.stubGlobal("fetch", (_url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers["last-event-id"]);
    return Promise.resolve(new Response(answers.shift()));
  });
  const heard: string[] = [];
  const lost: boolean[] = [];
  await follow("/events", {
    signal: new AbortController().signal,
    hear: ({ data }) => heard.push(data),
    isLast: ({ data }) => data === "end",
    lost: (is) => lost.push(is),
  });
  expect(heard).toEqual(["a", "b", "end"]);
  expect(asked).toEqual([undefined, "1"]);
  expect(lost).toEqual([false, true, false]);
});

test("what is refused is not asked again", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"detail": "No such conversation.", "code": "not_found"}', { status: 404 })));
  const following = follow("/events", { signal: new AbortController().signal, hear: () => {}, isLast: () => true });
  await expect(following).rejects.toMatchObject({ status: 404, code: "not_found" });
});
