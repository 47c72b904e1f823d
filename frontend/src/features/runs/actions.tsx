import { useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, input } from "@/ui";
import { OVER, type Run, stepsQuery, useAct, verbs } from "@/api/runs";

/** What can be done with a run: end it, let it out of quarantine, keep it as a file. */
export function Actions({ run, mayAct }: { run: Run; mayAct: boolean }) {
  const { t } = useTranslation();
  const [way, setWay] = useState<"" | "terminate" | "resume">("");
  const over = OVER.has(run.status);
  const shut = run.reason === "crash_loop" && run.status === "review";
  return (
    <>
      {mayAct && shut && <Button kind="primary" onClick={() => setWay("resume")}>{t("runs.resume")}</Button>}
      {mayAct && !over && way !== "terminate" && (
        <Button kind="danger" onClick={() => setWay("terminate")}>
          {t("runs.terminate")}
        </Button>
      )}
      <Save run={run} />
      {way !== "" && !over && <Sure key={way} run={run} way={way} close={() => setWay("")} />}
    </>
  );
}

function Sure({ run, way, close }: { run: Run; way: "terminate" | "resume"; close: () => void }) {
  const { t } = useTranslation();
  const { terminate, resume } = verbs(run.id);
  const [note, setNote] = useState("");
  const act = useAct(run.id, () => (way === "terminate" ? terminate({ reason: note }) : resume({ note })), close);
  return (
    <form
      className="flex w-full flex-col gap-2 rounded-lg border bg-panel p-3"
      onSubmit={(event) => {
        event.preventDefault();
        act.mutate(undefined);
      }}
    >
      <div className="flex flex-wrap items-center gap-2">
        <input
          autoFocus
          aria-label={t(way === "terminate" ? "runs.why" : "runs.note")}
          placeholder={t(way === "terminate" ? "runs.why" : "runs.note")}
          className={`${input} min-w-40 flex-1`}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && close()}
        />
        <Button type="submit" kind={way === "terminate" ? "danger" : "primary"} disabled={act.isPending}>
          {t(way === "terminate" ? "runs.terminateNow" : "runs.resume")}
        </Button>
        <Button onClick={close}>{t("common.cancel")}</Button>
      </div>
      {act.error && <Failure of={act.error} />}
    </form>
  );
}

/** The run and its steps as one JSON file. */
function Save({ run }: { run: Run }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = async () => {
    const steps = await queries.fetchQuery(stepsQuery(run.id));
    const url = URL.createObjectURL(new Blob([JSON.stringify({ run, steps }, null, 2)], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: `run-${run.id}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <Button onClick={() => void save()}>
      <Download aria-hidden size={15} />
      {t("runs.save")}
    </Button>
  );
}
