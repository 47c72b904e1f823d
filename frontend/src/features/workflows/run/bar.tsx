// Run the workflow, watch it, look at an older run: the head of the canvas.
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { OVER, type Run } from "@/api/runs";
import { ago, duration } from "@/lib/format";
import { Button, Failure, Status } from "@/ui";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { InputForm } from "./input";
import { Stop } from "./stop";

/** `open`: the input is asked for. */
export function RunBar({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const { t } = useTranslation();
  const bench = useBench();
  const { problems, readOnly } = useStudio();
  const { run, shown, line, start, starting, failed } = bench;
  const over = !run || OVER.has(run.status);
  const asks = Boolean(bench.flow.input);
  const go = (dry: boolean) => (setOpen(false), start({ dry_run: dry }));
  return (
    <section aria-label={t("studio.runs")} className="flex flex-col border-b bg-panel">
      <div className="flex flex-wrap items-center gap-2 px-3 py-2">
        {!readOnly && (
          <span className="inline-flex">
            <Button kind="primary" className="rounded-e-none" disabled={starting || problems.length > 0} title={problems.length ? t("studio.hasProblems") : undefined} onClick={() => (asks && !open ? setOpen(true) : go(false))}>
              <Play aria-hidden size={15} />
              {t("studio.runAll")}
            </Button>
            <Button kind="primary" className="rounded-s-none border-s-panel/40 px-1.5" aria-label={t("studio.runWith")} aria-expanded={open} onClick={() => setOpen(!open)}>
              <ChevronDown aria-hidden size={15} />
            </Button>
          </span>
        )}
        <History />
        <span className="min-w-0 flex-1" />
        {shown && run && (
          <span role="status" className="flex items-center gap-3">
            {line === "lost" && <span className="text-review">{t("runs.lost")}</span>}
            <Status value={run.status} />
            {run.dry_run && <span className="text-muted">{t("runs.dry")}</span>}
            {run.started_at && run.ended_at && <span className="text-muted">{duration((Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000)}</span>}
          </span>
        )}
        {shown && run && !over && !readOnly && <Stop run={run} />}
        {shown && run && (
          <Link to="/runs/$id" params={{ id: run.id }} className="text-accent underline">
            {t("studio.openRun")}
          </Link>
        )}
      </div>
      {open && <InputForm schema={bench.flow.input} value={bench.input} change={bench.setInput} go={go} close={() => setOpen(false)} busy={starting} />}
      {failed ? <Failure of={failed} /> : null}
      {shown && run?.error && <p className="px-4 pb-2 text-failed wrap-anywhere">{run.error.message}</p>}
    </section>
  );
}

/** The runs of this workflow, and those from the studio that are of no version: one of them is drawn on the canvas. */
function History() {
  const { t } = useTranslation();
  const { id } = useStudio();
  const { run, shown, runs, show } = useBench();
  const list = useQuery({
    queryKey: ["runs", { workflow: id }, 20],
    enabled: id !== null,
    queryFn: async () => (await body(api.GET("/api/v1/runs", { params: { query: { workflow: id ?? "", limit: 20 } } }))).items,
  });
  const said = ({ workflow, status }: Run) => [workflow && t("studio.version", { version: workflow.version }), t(`status.${status}` as "status.done")].filter(Boolean).join(" · ");
  const known = new Map<string, { id: string; at: string; said: string }>();
  for (const one of list.data ?? []) known.set(one.id, { id: one.id, at: one.created_at, said: said(one) });
  for (const one of runs) if (!known.has(one.id)) known.set(one.id, { id: one.id, at: one.at, said: one.only ? t("studio.only", { node: one.only }) : t("studio.draftRun") });
  if (shown && run && !known.has(run.id)) known.set(run.id, { id: run.id, at: run.created_at, said: said(run) });
  const all = [...known.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, 30);
  return (
    <select aria-label={t("studio.replay")} className="min-h-8 max-w-80 rounded-md text-ellipsis border bg-panel px-2" value={shown ? (run?.id ?? "") : ""} onChange={(event) => show(event.target.value || undefined)}>
      <option value="">{t("studio.noRun")}</option>
      {all.map((one) => <option key={one.id} value={one.id}>{`${ago(one.at)} · ${one.said}`}</option>)}
    </select>
  );
}
