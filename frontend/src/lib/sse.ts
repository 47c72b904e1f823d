// Server-Sent Events by fetch, so that a stream goes on where it was cut: after a lost line, or a server that restarts.
import { Problem, problemOf } from "@/api/client";

export interface SseEvent {
  id: string;
  data: string;
}

export interface Following {
  after?: string; // the id of the last event that was heard before
  signal: AbortSignal;
  hear: (event: SseEvent) => void;
  isLast: (event: SseEvent) => boolean; // whether a stream may end after it
  lost?: (is: boolean) => void; // the line is cut, or stands again
}

const BACKOFF = [250, 500, 1_000, 2_000, 3_000]; // milliseconds before the next try

/** Listens until the stream ends after an event that may be its last. Throws the Problem of a refusal. */
export async function follow(url: string, { after, signal, hear, isLast, lost }: Following): Promise<void> {
  let last = after;
  let heard: SseEvent | undefined;
  for (let failed = 0; !signal.aborted; failed++) {
    try {
      const response = await connect(url, last, signal);
      lost?.(false);
      for await (const event of eventsOf(response.body as ReadableStream<Uint8Array>)) {
        failed = 0;
        heard = event;
        last = event.id || last;
        hear(event);
      }
    } catch (wrong) {
      if (signal.aborted) return;
      if (wrong instanceof Problem && wrong.status < 500) throw wrong;
    }
    if (heard && isLast(heard)) return;
    lost?.(true);
    await pause(BACKOFF[Math.min(failed, BACKOFF.length - 1)] as number, signal);
  }
}

async function connect(url: string, last: string | undefined, signal: AbortSignal): Promise<Response> {
  const headers = { accept: "text/event-stream", ...(last ? { "last-event-id": last } : {}) };
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** The events of a stream as they become whole; comments (pings) are left out. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const parts = (rest + read.value).split(/\r?\n\r?\n/);
      rest = parts.pop() as string;
      for (const part of parts) {
        const event = parsed(part);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parsed(block: string): SseEvent | null {
  const event = { id: "", data: [] as string[] };
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ""] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === "id") event.id = value;
    if (name === "data") event.data.push(value);
  }
  return event.data.length ? { id: event.id, data: event.data.join("\n") } : null;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
