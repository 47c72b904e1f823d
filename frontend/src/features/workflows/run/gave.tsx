// What a node gave in the run that is looked at; here it is pinned, settled, decided, and forked from.
import { Link } from "@tanstack/react-router";
import { Pin, PinOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { duration, money } from "@/lib/format";
import { Button, Effect, Facts, Status } from "@/ui";
import { JsonField } from "@/ui/json-field";
import { Value } from "@/ui/value";
import type { Node } from "../model/types";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { RoomChoice } from "./rooms";
import { useSlots } from "./slots";
import { keyOf, stepAt, waitingAt } from "./steps";

export default function Gave({ node }: { node: Node }) {
  const { t } = useTranslation();
  const { mine, roomsAt, run, steps, show, went, pins } = useBench();
  const { readOnly } = useStudio();
  const { Fork, Settle, Approval } = useSlots();
  const [forking, setForking] = useState(false);
  const rooms = roomsAt(node.path);
  const key = keyOf(node.path, rooms);
  const step = stepAt(mine, node.path, rooms);
  const waits = step ? undefined : waitingAt(mine, node.path, rooms);
  const about = step ?? waits;
  if (!run) return <p className="text-muted">{t("studio.noRunYet")}</p>;
  if (forking && about) return <Fork key={about.key} run={run} steps={steps} from={about.key} close={() => setForking(false)} then={(made) => (setForking(false), show(made.id))} />;
  return (
    <div className="flex flex-col gap-4">
      <RoomChoice path={node.path} />
      {about ? (
        <Facts
          of={[
            [t("runs.status"), <Status key="s" value={about.status} />],
            [t("runs.took"), about.started_at && about.ended_at ? duration((Date.parse(about.ended_at) - Date.parse(about.started_at)) / 1000) : ""],
            [t("runs.effect"), about.effect ? <Effect key="e" value={about.effect} /> : ""],
            [t("runs.attempt"), about.attempt > 1 ? String(about.attempt) : ""],
            [t("runs.cost"), about.usage.cost_usd ? money(about.usage.cost_usd) : ""],
            [t("runs.simulated"), about.simulated ? t("runs.simulatedHint") : ""],
            [t("studio.run"), <Link key="r" to="/runs/$id" params={{ id: run.id }} search={{ step: about.key }} className="text-accent underline">{t("studio.openStep")}</Link>],
          ]}
        />
      ) : (
        <p className="text-muted">{went[node.path] ? t("studio.noStepHere") : t("studio.notReached")}</p>
      )}
      {about?.error && (
        <section className="flex flex-col gap-1 rounded-lg border border-failed/40 p-3">
          <p className="wrap-anywhere">{about.error.message}</p>
          {about.error.hint && <p className="text-muted">{about.error.hint}</p>}
          <p className="font-mono text-sm text-muted">{about.error.code}</p>
        </section>
      )}
      {!readOnly && step?.status === "unknown" && <Settle run={run} step={step} />}
      {waits?.status === "waiting" && <Approval run={run} step={waits} />}
      {about && !readOnly && (
        <div>
          <Button onClick={() => setForking(true)}>{t("runs.forkHere")}</Button>
        </div>
      )}
      {node.kind === "block" && <Pinned key={key} name={key} output={step?.output} />}
      {step?.output_file && <p className="text-muted">{t("runs.large")}</p>}
      {step && step.output !== null && step.output !== undefined && !(key in pins) && <Value title={t("studio.output")} value={step.output} />}
    </div>
  );
}

/** Instead of being done, the step gives what is pinned here; for who pinned it, in runs from the studio. */
function Pinned({ name, output }: { name: string; output: unknown }) {
  const { t } = useTranslation();
  const { pins, pin } = useBench();
  const is = name in pins;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <Button aria-pressed={is} onClick={() => pin(name, is ? undefined : (output ?? {}))}>
          {is ? <PinOff aria-hidden size={15} /> : <Pin aria-hidden size={15} />}
          {t(is ? "studio.unpin" : "studio.pin")}
        </Button>
        <span className="text-sm text-muted">{t("studio.pinHint")}</span>
      </div>
      {is && <JsonField label={t("studio.pinned")} start={pins[name]} rows={14} change={(value) => value !== undefined && pin(name, value)} />}
    </div>
  );
}
