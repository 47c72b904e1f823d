import { duration } from "@/lib/format";
import type { Run, Step } from "@/api/runs";

export function nameOf(run: Run): string | undefined {
  return run.workflow?.name || run.agent?.name || undefined;
}

/** How long it took, or has taken so far. */
export function tookOf(what: Run | Step, now = Date.now()): string {
  if (!what.started_at) return "";
  const end = what.ended_at ? Date.parse(what.ended_at) : now;
  return duration(Math.max(0, end - Date.parse(what.started_at)) / 1000);
}
