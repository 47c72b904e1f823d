// How the runs of an agent went.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { count, duration, money } from "@/lib/format";
import { Facts, Failure, input, Skeleton, Status } from "@/ui";
import { Heads } from "@/ui/heads";
import { type Agent, type Figures, figuresQuery } from "./queries";

const DAYS = [1, 7, 30, 90];

export function FiguresView({ agent, days, go }: { agent: Agent; days: number; go: (change: { days: string }) => void }) {
  const { t } = useTranslation();
  const found = useQuery(figuresQuery(agent.id, days));
  return (
    <div className="flex flex-col gap-5 px-4 py-4 md:px-6">
      <select aria-label={t("agents.days")} className={`${input} w-auto! self-start`} value={days} onChange={(event) => go({ days: event.target.value })}>
        {DAYS.map((one) => (
          <option key={one} value={one}>{t("agents.lastDays", { count: one })}</option>
        ))}
      </select>
      {found.error && <Failure of={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton rows={4} />}
      {found.data && <Shown of={found.data} />}
    </div>
  );
}

function Shown({ of }: { of: Figures }) {
  const { t } = useTranslation();
  return (
    <>
      {!of.whole && <p className="text-review">{t("agents.notWhole", { count: of.runs })}</p>}
      <Facts
        of={[
          [t("agents.runs"), count(of.runs)],
          [t("agents.byStatus"), <ByStatus key="s" of={of.by_status} />],
          [t("agents.p50"), of.seconds && duration(of.seconds.p50)],
          [t("agents.p95"), of.seconds && duration(of.seconds.p95)],
          [t("agents.tokens"), t("agents.inOut", { in: count(of.input_tokens), out: count(of.output_tokens) })],
          [t("agents.cost"), money(of.cost_usd)],
          [t("agents.calls"), count(of.model_calls)],
          [t("agents.cached"), of.cache_hits ? `${count(of.cache_hits)} (${Math.round((of.cache_hit_rate ?? 0) * 100)} %)` : ""],
        ]}
      />
      {of.tools.length > 0 && (
        <table className="max-w-xl text-sm">
          <Heads of={[{ name: t("agents.tool") }, { name: t("agents.used"), end: true }, { name: t("agents.failed"), end: true }]} />
          <tbody>
            {of.tools.map((one) => (
              <tr key={one.tool} className="h-9 border-b">
                <td className="pe-4 font-mono wrap-anywhere">{one.tool}</td>
                <td className="pe-4 text-end">{count(one.calls)}</td>
                <td className={`text-end ${one.failed ? "text-failed" : ""}`}>{count(one.failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function ByStatus({ of }: { of: Figures["by_status"] }) {
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-1">
      {Object.entries(of).map(([status, many]) => (
        <span key={status} className="inline-flex items-center gap-1.5">
          <Status value={status} /> {count(many)}
        </span>
      ))}
    </span>
  );
}
