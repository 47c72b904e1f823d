// Just enough of the expressions to rename what they refer to; what they mean, the server says.

const TOKEN = /[rRbB]{0,2}("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\/\/[^\r\n]*|[A-Za-z_]\w*|\d[\w.]*|\s+|[\s\S]/g;
const LOOPS = new Set(["all", "exists", "exists_one", "filter", "map"]);
const NAME = /^[A-Za-z_]\w*$/;

/** Where the expressions of a text stand: [start, end) of each, between its braces. */
export function holes(text: string): [number, number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf("{{"); at >= 0; at = text.indexOf("{{", at)) {
    if (text.startsWith("{{{{", at)) {
      at += 4;
      continue;
    }
    const end = closing(text, at + 2);
    if (end < 0) break;
    found.push([at + 2, end]);
    at = end + 2;
  }
  return found;
}

function closing(text: string, from: number): number {
  let open = 0;
  TOKEN.lastIndex = from;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    if (found[0] === "{") open++;
    else if (found[0] === "}" && open-- === 0) return text[found.index + 1] === "}" ? found.index : -1;
  }
  return -1;
}

/** A text with a name renamed in its expressions. */
export function renamed(text: string, from: string, to: string): string {
  let [made, at] = ["", 0];
  for (const [start, end] of holes(text)) {
    made += text.slice(at, start) + renamedIn(text.slice(start, end), from, to);
    at = end;
  }
  return made + text.slice(at);
}

/** An expression with a name renamed: not where it is a field, a function, or bound by a comprehension. */
export function renamedIn(source: string, from: string, to: string): string {
  const tokens = source.match(TOKEN) ?? [];
  const solid = tokens.flatMap((token, i) => (/^(\s|\/\/)/.test(token) ? [] : [i]));
  const bound = boundIn(tokens, solid, from);
  return tokens.map((token, i) => {
    if (token !== from || bound.has(i)) return token;
    const at = solid.indexOf(i);
    const [before, after] = [tokens[solid[at - 1] ?? -1], tokens[solid[at + 1] ?? -1]];
    return before === "." || after === "(" ? token : to;
  }).join("");
}

/** The tokens at which a comprehension has bound the name, as in `list.map(name, name.a)`. */
function boundIn(tokens: string[], solid: number[], name: string): Set<number> {
  const found = new Set<number>();
  solid.forEach((i, at) => {
    const [loop, open, variable] = [1, 2, 3].map((by) => tokens[solid[at + by] ?? -1] ?? "");
    if (tokens[i] !== "." || !LOOPS.has(loop as string) || open !== "(" || variable !== name || !NAME.test(name)) return;
    let depth = 0;
    for (let k = at + 2; k < solid.length; k++) {
      const here = solid[k] as number;
      if (tokens[here] === "(") depth++;
      else if (tokens[here] === ")" && --depth === 0) break;
      else found.add(here);
    }
  });
  return found;
}
