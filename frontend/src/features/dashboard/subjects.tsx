import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { count, duration, money } from "@/lib/format";
import { Choice } from "@/ui/choice";
import type { SubjectTally } from "./queries";

type By = "cost" | "runs" | "errors" | "tokens";
const MEASURES: Record<By, [of: (one: SubjectTally) => number, say: (n: number) => string]> = {
  cost: [(one) => one.cost_usd, money],
  runs: [(one) => one.runs, count],
  errors: [(one) => one.failed, count],
  tokens: [(one) => one.input_tokens + one.output_tokens, count],
};

/** Workflows and agents, the largest first by what is chosen; a name leads to its runs. */
export function Subjects({ of, since }: { of: SubjectTally[]; since: string }) {
  const { t } = useTranslation();
  const { by = "runs", ...search } = useSearch({ from: "/dashboard" });
  const navigate = useNavigate({ from: "/dashboard" });
  const [measure, say] = MEASURES[by as By] ?? MEASURES.runs;
  const sorted = [...of].sort((a, b) => measure(b) - measure(a)).slice(0, 50);
  const most = Math.max(...sorted.map(measure), Number.MIN_VALUE);
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">{t("dashboard.subjects")}</h2>
        <Choice
          label={t("dashboard.by")}
          of={(["runs", "errors", "cost", "tokens"] as const).map((one) => [one, t(`dashboard.figures.${one}`)])}
          value={by as By}
          choose={(next) => void navigate({ search: { ...search, by: next === "runs" ? undefined : next }, replace: true })}
        />
      </div>
      <div tabIndex={0} role="region" aria-label={t("dashboard.subjects")} className="overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="text-muted">
            <tr className="border-b">
              <th scope="col" className="py-1.5 pe-4 text-start font-medium">{t("dashboard.subject")}</th>
              <th scope="col" className="hidden w-1/3 sm:table-cell"><span className="sr-only">{t("dashboard.share")}</span></th>
              {(["runs", "errors", "p50", "p95", "tokens", "cost"] as const).map((one) => (
                <th key={one} scope="col" className={`py-1.5 ps-4 text-end font-medium whitespace-nowrap ${one[0] === "p" ? "hidden md:table-cell" : ""}`}>{t(`dashboard.figures.${one}`)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((one) => (
              <tr key={`${one.kind}:${one.id}`} className="h-[36px] border-b">
                <td className="max-w-40 truncate pe-4 font-medium">
                  <Name of={one} since={since} />
                </td>
                <td aria-hidden className="hidden sm:table-cell" title={say(measure(one))}>
                  <span className="block h-2 rounded-full bg-hover">
                    <span className={`block h-full rounded-full ${by === "errors" ? "bg-failed" : "bg-accent"}`} style={{ width: `${(measure(one) / most) * 100}%` }} />
                  </span>
                </td>
                <td className="ps-4 text-end">{count(one.runs)}</td>
                <td className="ps-4 text-end">{count(one.failed)}</td>
                <td className="hidden ps-4 text-end whitespace-nowrap md:table-cell">{one.p50 == null ? "" : duration(one.p50)}</td>
                <td className="hidden ps-4 text-end whitespace-nowrap md:table-cell">{one.p95 == null ? "" : duration(one.p95)}</td>
                <td className="ps-4 text-end">{count(one.input_tokens + one.output_tokens)}</td>
                <td className="ps-4 text-end">{money(one.cost_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Name({ of, since }: { of: SubjectTally; since: string }) {
  const { t } = useTranslation();
  if (!of.name) return <span className="text-muted">{t("dashboard.others")}</span>;
  const search = of.kind === "agent" ? { agent: of.name, since } : { workflow: of.name, since };
  return <Link to="/runs" search={search} className="text-accent underline">{of.name}</Link>;
}
