// What a pasted address most likely is, and a name for it. Pure.

/** A document of a REST service by its usual names, else an MCP server. */
export function connectorOf(url: string): "openapi" | "mcp" {
  return /openapi|swagger|\.(json|ya?ml)(\?|$)/i.test(url) ? "openapi" : "mcp";
}

/** The part of the host that people would say: `api.desk.example` is `desk`. */
export function nameOf(url: string): string {
  try {
    const words = new URL(url).hostname.split(".").filter((word) => !/^(www|api|mcp|docs?|\d+)$/.test(word));
    const said = (words.length > 1 ? words.at(-2) : words[0]) ?? "";
    return said.toLowerCase().replace(/[^a-z0-9_-]/g, "-").replace(/^[^a-z]+/, "").slice(0, 63);
  } catch {
    return "";
  }
}
