// How the workspace's runs went: in all against the time before, by day, by workflow and agent.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { count, duration, money } from "@/lib/format";
import { Empty, Failure, Head, Skeleton } from "@/ui";
import { Choice } from "@/ui/choice";
import { ByDay } from "./by-day";
import { changeOf, DAYS, figuresQuery, type Tally } from "./queries";
import { Subjects } from "./subjects";

export function Dashboard() {
  const { t } = useTranslation();
  const { days = "7" } = useSearch({ from: "/dashboard" });
  const navigate = useNavigate({ from: "/dashboard" });
  const length = DAYS.includes(days as "7") ? Number(days) : 7;
  const now = useQuery(figuresQuery(length));
  const before = useQuery(figuresQuery(length, 1));
  return (
    <>
      <Head title={t("places.dashboard")}>
        <Choice
          label={t("dashboard.time")}
          of={DAYS.map((one) => [one, t(`dashboard.days.${one}`)])}
          value={String(length) as "7"}
          choose={(next) => void navigate({ search: { days: next === "7" ? undefined : next } })}
        />
      </Head>
      {now.error && !now.data && <Failure of={now.error} retry={() => void now.refetch()} />}
      {now.isPending && <Skeleton />}
      {now.data && (
        <div className="flex flex-col gap-8 px-4 pb-8 md:px-6">
          {!now.data.whole && <p className="text-muted">{t("dashboard.part")}</p>}
          <Totals now={now.data.total} before={before.data?.total} />
          {now.data.total.runs === 0 ? <Nothing /> : (
            <>
              <ByDay of={now.data.days} length={length} />
              <Subjects of={now.data.subjects} since={`${length}d`} />
            </>
          )}
        </div>
      )}
    </>
  );
}

function Nothing() {
  const { t } = useTranslation();
  return (
    <Empty title={t("dashboard.none")}>
      <p>{t("dashboard.noneHint")}</p>
      <Link to="/runs" className="text-accent underline">{t("dashboard.toRuns")}</Link>
    </Empty>
  );
}

const FIGURES: [name: "runs" | "errors" | "p50" | "p95" | "tokens" | "cost", of: (tally: Tally) => number | null, say: (n: number) => string, less: boolean][] = [
  ["runs", (one) => one.runs, count, false],
  ["errors", (one) => (one.runs ? one.failed / one.runs : null), percent, true],
  ["p50", (one) => one.p50 ?? null, duration, true],
  ["p95", (one) => one.p95 ?? null, duration, true],
  ["tokens", (one) => one.input_tokens + one.output_tokens, count, true],
  ["cost", (one) => one.cost_usd, money, true],
];

function percent(part: number): string {
  return `${(part * 100).toFixed(part && part < 0.1 ? 1 : 0)} %`;
}

function Totals({ now, before }: { now: Tally; before?: Tally }) {
  const { t } = useTranslation();
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">
      {FIGURES.map(([name, of, say, less]) => {
        const [value, was] = [of(now), before ? of(before) : null];
        return (
          <div key={name} className="flex flex-col gap-0.5 rounded-lg border bg-panel p-3">
            <dt className="text-sm text-muted">{t(`dashboard.figures.${name}`)}</dt>
            <dd className="text-xl font-semibold">{value === null ? "–" : say(value)}</dd>
            <dd className="text-sm">
              <Change by={changeOf(value, was)} less={less} was={was === null ? "" : say(was)} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Against the time before: an arrow, a number, and whether that is good by colour too. */
function Change({ by, less, was }: { by: number | null; less: boolean; was: string }) {
  const { t } = useTranslation();
  if (by === null) return <span className="text-muted">{t("dashboard.noBefore")}</span>;
  const worse = less ? by > 0.05 : by < -0.05;
  return (
    <span className={worse ? "text-failed" : "text-muted"}>
      {t(by > 0 ? "dashboard.up" : by < 0 ? "dashboard.down" : "dashboard.as", { by: percent(Math.abs(by)), was })}
    </span>
  );
}
