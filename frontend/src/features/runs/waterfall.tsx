import { ChevronDown, ChevronRight } from "lucide-react";
import { type CSSProperties, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration, money } from "@/lib/format";
import { useNow } from "@/lib/now";
import { Status } from "@/ui";
import { Rows } from "@/ui/rows";
import { OVER, type Run, type Step } from "@/api/runs";
import { around, type Row, rowsOf, type Sum, sumOf, treeOf } from "./tree";

const BARS: Record<string, string> = { done: "bg-done", failed: "bg-failed", running: "bg-running", waiting: "bg-review", unknown: "bg-unknown" };
const FEW = 12; // rows that need no folding

interface Axis {
  start: number;
  whole: number;
  now: number;
}

export function Waterfall({ run, steps, chosen, choose }: { run: Run; steps: Step[]; chosen?: string; choose: (key: string) => void }) {
  const { t } = useTranslation();
  const now = useNow(!OVER.has(run.status));
  const tree = useMemo(() => treeOf(steps), [steps]);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const open = useMemo(() => new Set(chosen ? around(chosen) : []), [chosen]);
  const few = steps.length <= FEW;
  const rows = rowsOf(tree, (path) => open.has(path) || (few || !path.endsWith("]")) !== turned.has(path));
  if (!steps.length) return <p className="text-muted">{t("runs.noSteps")}</p>;
  const start = Date.parse(run.started_at ?? run.created_at);
  const axis = { start, whole: Math.max((run.ended_at ? Date.parse(run.ended_at) : now) - start, 1), now };
  const turn = (path: string) => setTurned((was) => new Set(was.has(path) ? [...was].filter((one) => one !== path) : [...was, path]));
  return (
    <>
      <h2 className="flex justify-between pb-2 font-semibold">
        {t("runs.steps")}
        <span className="text-sm font-normal text-muted">{duration(axis.whole / 1000)}</span>
      </h2>
      <Rows
        label={t("runs.steps")}
        count={rows.length}
        draw={(i) => <Line row={rows[i] as Row} axis={axis} chosen={chosen} choose={choose} turn={turn} />}
      />
    </>
  );
}

function Line({ row: { branch, depth, open }, axis, chosen, choose, turn }: {
  row: Row;
  axis: Axis;
  chosen?: string;
  choose: (key: string) => void;
  turn: (path: string) => void;
}) {
  const { t } = useTranslation();
  const sum = sumOf(branch);
  const folds = branch.below.length > 0;
  const press = () => (branch.step ? choose(branch.path) : turn(branch.path));
  return (
    <div className="flex h-[36px] items-center border-b ps-(--deep)" style={{ "--name": `calc(16rem - ${depth * 16}px)`, "--deep": `${depth * 16}px` } as CSSProperties}>
      {folds ? (
        <button type="button" aria-expanded={open} aria-label={t("runs.fold", { of: branch.path })} onClick={() => turn(branch.path)} className="grid size-7 shrink-0 place-items-center rounded-md hover:bg-hover">
          {open ? <ChevronDown aria-hidden size={15} /> : <ChevronRight aria-hidden size={15} />}
        </button>
      ) : (
        <span className="w-6 shrink-0" />
      )}
      <button
        type="button"
        aria-pressed={branch.step ? chosen === branch.path : undefined}
        title={branch.path}
        onClick={press}
        className="grid h-[36px] min-w-0 flex-1 grid-cols-[minmax(0,1fr)_auto] items-center gap-3 rounded-md px-1 text-start text-sm hover:bg-hover aria-pressed:bg-tint sm:grid-cols-[var(--name)_7.5rem_minmax(0,1fr)_6.5rem]"
      >
        <span className="truncate font-mono">
          {branch.name}
          {!branch.step && <span className="ms-2 text-muted">{`${sum.done}/${sum.all}`}</span>}
        </span>
        <Status value={sum.status} />
        <Bar sum={sum} axis={axis} />
        <span className="hidden justify-end gap-2 text-muted sm:flex">
          {sum.cost > 0 && <span>{money(sum.cost)}</span>}
          <span>{tookSum(sum, axis.now)}</span>
        </span>
      </button>
    </div>
  );
}

function Bar({ sum, axis }: { sum: Sum; axis: Axis }) {
  const at = (time: number) => Math.min(Math.max((time - axis.start) / axis.whole, 0), 1);
  const from = at(sum.from ?? axis.now);
  const till = Math.max(at(sum.till ?? axis.now), from);
  return (
    <span aria-hidden className="relative hidden h-2 rounded-full bg-hover sm:block">
      <span
        className={`absolute inset-y-0 min-w-1 rounded-full ${BARS[sum.status] ?? "bg-skipped"}`}
        style={{ insetInlineStart: `${from * 99}%`, width: `${Math.max((till - from) * 100, 0.5)}%` }}
      />
    </span>
  );
}

function tookSum(sum: Sum, now: number): string {
  return sum.from === undefined ? "" : duration(Math.max(0, (sum.till ?? now) - sum.from) / 1000);
}
