// Steps as a tree: `each_mail[0]/sort` is in the first room of the frame `each_mail`.
import type { Step } from "@/api/runs";

export interface Branch {
  path: string; // what is unique of it
  name: string;
  step?: Step;
  below: Branch[];
}

export interface Row {
  branch: Branch;
  depth: number;
  open: boolean;
}

/** Each step under its frames; frames that have no step of their own are made. In the order in which they began. */
export function treeOf(steps: Step[]): Branch[] {
  const root: Branch = { path: "", name: "", below: [] };
  const known = new Map<string, Branch>();
  const place = (path: string, name: string, parent: Branch): Branch => {
    let branch = known.get(path);
    if (!branch) {
      branch = { path, name, below: [] };
      known.set(path, branch);
      parent.below.push(branch);
    }
    return branch;
  };
  for (const step of [...steps].sort((a, b) => began(a) - began(b))) {
    let at = root;
    let path = "";
    for (const part of step.key.split("/")) {
      const [, frame, room] = /^(.*?)(\[\d+\])$/.exec(part) ?? [];
      if (frame && room) at = place(path + frame, frame, at);
      path += part;
      at = place(path, part, at);
      path += "/";
    }
    at.step = step;
  }
  return root.below;
}

function began(step: Step): number {
  return step.started_at ? Date.parse(step.started_at) : Number.POSITIVE_INFINITY;
}

/** The rows that are in sight: all at the top, and what is below those that are open. */
export function rowsOf(branches: Branch[], isOpen: (path: string) => boolean, depth = 0): Row[] {
  return branches.flatMap((branch) => {
    const open = branch.below.length > 0 && isOpen(branch.path);
    return [{ branch, depth, open }, ...(open ? rowsOf(branch.below, isOpen, depth + 1) : [])];
  });
}

/** The frames around a key, outermost first. */
export function around(key: string): string[] {
  const found: string[] = [];
  let path = "";
  for (const part of key.split("/")) {
    const frame = /^(.*?)\[\d+\]$/.exec(part)?.[1];
    if (frame) found.push(path + frame);
    path += part;
    found.push(path);
    path += "/";
  }
  return found.slice(0, -1);
}

export interface Sum {
  status: string;
  from?: number;
  till?: number; // missing while it goes on
  done: number;
  all: number;
  cost: number;
}

const WORST = ["failed", "unknown", "running", "waiting", "pending", "done", "skipped"];

/** What a branch and all below it come to. */
export function sumOf(branch: Branch): Sum {
  const all: Step[] = [];
  const gather = (one: Branch) => {
    if (one.step) all.push(one.step);
    one.below.forEach(gather);
  };
  gather(branch);
  const starts = all.flatMap((step) => (step.started_at ? [Date.parse(step.started_at)] : []));
  const ends = all.flatMap((step) => (step.ended_at ? [Date.parse(step.ended_at)] : []));
  return {
    status: branch.step?.status ?? WORST.find((status) => all.some((step) => step.status === status)) ?? "pending",
    from: starts.length ? Math.min(...starts) : undefined,
    till: ends.length === all.length && ends.length ? Math.max(...ends) : undefined,
    done: all.filter((step) => step.status === "done" || step.status === "skipped").length,
    all: all.length,
    cost: all.reduce((sum, step) => sum + step.usage.cost_usd, 0),
  };
}
