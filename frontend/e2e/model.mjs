// A model on this machine for the browser's journeys, in OpenAI's wire format: it says its words one by one.
import { createServer } from "node:http";

const THINKS = 600; // milliseconds before a first word, as models take them; who listens later hears all at the end

/** `{url, say, close}`; `say(text, ms)` is what it says from then on, with so long between two words. */
export async function model() {
  let words = ["ok"];
  let between = 0;
  const server = createServer(async (request, response) => {
    if (request.url.endsWith("/models")) return response.end(JSON.stringify({ object: "list", data: [{ id: "talker", object: "model" }] }));
    const [said, pause] = [words, between];
    for await (const _ of request);
    if (pause) await new Promise((resolve) => setTimeout(resolve, THINKS));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const word of said) {
      if (response.destroyed) return;
      response.write(chunk({ content: word }));
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    say: (text, ms = 0) => ([words, between] = [text.split(/(?<=\s)/), ms]),
    close: () => (server.closeAllConnections(), server.close()),
  };
}

function chunk(delta, finish_reason = null) {
  const usage = finish_reason ? { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 } : undefined;
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "talker", choices: [{ index: 0, delta, finish_reason }], usage })}\n\n`;
}
