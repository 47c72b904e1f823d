// Two texts, line by line: what stayed, what went, what came.

export interface Line {
  sign: " " | "-" | "+";
  text: string;
}

const MOST = 4_000_000; // pairs of lines that are compared; beyond it, all that is between the same ends counts as changed

/** The fewest lines to take away and to add, in order (longest common subsequence). */
export function compare(before: string, after: string): Line[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let [start, end] = [0, 0];
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const stays = (lines: string[]) => lines.map((text): Line => ({ sign: " ", text }));
  return [...stays(a.slice(0, start)), ...between(a.slice(start, a.length - end), b.slice(start, b.length - end)), ...stays(a.slice(a.length - end))];
}

function between(a: string[], b: string[]): Line[] {
  if (a.length * b.length > MOST) return [...a.map((text): Line => ({ sign: "-", text })), ...b.map((text): Line => ({ sign: "+", text }))];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width); // of what is left of a from i and of b from j
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [down, right] = [common[(i + 1) * width + j] as number, common[i * width + j + 1] as number];
      common[i * width + j] = a[i] === b[j] ? (common[(i + 1) * width + j + 1] as number) + 1 : Math.max(down, right);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: " ", text: a[i++] as string });
      j++;
    } else if (i < a.length && (j === b.length || (common[(i + 1) * width + j] as number) >= (common[i * width + j + 1] as number))) lines.push({ sign: "-", text: a[i++] as string });
    else lines.push({ sign: "+", text: b[j++] as string });
  }
  return lines;
}

/** Changed lines with so many around them; null stands for what is left out. */
export function around(lines: Line[], by = 3): (Line | null)[] {
  const near = new Set(lines.flatMap(({ sign }, i) => (sign === " " ? [] : Array.from({ length: 2 * by + 1 }, (_, k) => i - by + k))));
  return lines.flatMap((line, i) => (near.has(i) ? [line] : near.has(i - 1) || i === 0 ? [null] : []));
}
