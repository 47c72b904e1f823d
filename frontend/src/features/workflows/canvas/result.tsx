import { Status } from "@/ui";
import { duration, money } from "@/lib/format";
import type { Went } from "./data";

/** How it went, in one line. */
export function Result({ of: { status, seconds, done, all, cost } }: { of: Went }) {
  return (
    <span className="flex items-center gap-2 text-muted">
      <Status value={status} />
      {all > 1 && <span>{`${done}/${all}`}</span>}
      {seconds !== undefined && <span>{duration(seconds)}</span>}
      {cost > 0 && <span className="ms-auto">{money(cost)}</span>}
    </span>
  );
}
