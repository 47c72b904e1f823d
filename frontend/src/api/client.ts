// The API by its own document: paths, parameters and answers are checked by the compiler.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What the API says of a failure: RFC 9457 with our code, hint and trace id. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint = "",
    readonly trace = "",
    readonly errors: { path: string; message: string; code: string; hint?: string; line?: number }[] = [],
  ) {
    super(message);
  }
}

const raise: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return response;
    throw await problemOf(response);
  },
  onError() {
    return new Problem(0, "unreachable", "Troupe does not answer.", "It may be restarting; this goes on by itself.");
  },
};

export async function problemOf(response: Response): Promise<Problem> {
  const said = await response.json().catch(() => ({}));
  const message = said.detail ?? `${response.status} ${response.statusText}`;
  return new Problem(response.status, said.code ?? "http_error", message, said.hint, said.trace_id, said.errors ?? []);
}

export const api = createClient<paths>({ baseUrl: "/", querySerializer: { array: { style: "form", explode: true } } });
api.use(raise);

/** The answer's body; a failure has been thrown already. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
