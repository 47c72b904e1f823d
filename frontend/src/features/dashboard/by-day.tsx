import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { count, duration, money } from "@/lib/format";
import { Skeleton } from "@/ui";
import { Choice } from "@/ui/choice";
import { type DayTally, everyDay } from "./queries";

const Chart = lazy(() => import("./chart"));

export interface Series {
  name: string;
  colour: string;
  of: (day: DayTally) => number | null; // null: there was nothing to measure
}

/** Four charts over the days; each can be read as a table too, and leads to the runs of a day. */
export function ByDay({ of, length }: { of: DayTally[]; length: number }) {
  const { t } = useTranslation();
  const days = everyDay(of, length);
  const ended = t("dashboard.series.ok");
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <Figure
        title={t("dashboard.charts.runs")}
        days={days}
        say={count}
        series={[
          { name: ended, colour: "var(--done)", of: (day) => day.runs - day.failed },
          { name: t("dashboard.series.failed"), colour: "var(--failed)", of: (day) => day.failed },
        ]}
      />
      <Figure
        title={t("dashboard.charts.times")}
        days={days}
        say={duration}
        lines
        series={[
          { name: t("dashboard.figures.p50"), colour: "var(--running)", of: (day) => day.p50 ?? null },
          { name: t("dashboard.figures.p95"), colour: "var(--review)", of: (day) => day.p95 ?? null },
        ]}
      />
      <Figure
        title={t("dashboard.charts.tokens")}
        days={days}
        say={count}
        series={[
          { name: t("dashboard.series.in"), colour: "var(--running)", of: (day) => day.input_tokens },
          { name: t("dashboard.series.out"), colour: "var(--unknown)", of: (day) => day.output_tokens },
        ]}
      />
      <Figure title={t("dashboard.charts.cost")} days={days} say={money} series={[{ name: t("dashboard.figures.cost"), colour: "var(--accent)", of: (day) => day.cost_usd }]} />
    </div>
  );
}

function Figure({ title, days, series, say, lines = false }: { title: string; days: DayTally[]; series: Series[]; say: (n: number) => string; lines?: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [view, setView] = useState<"chart" | "table">("chart");
  const rows = days.map((day) => ({ day: day.day, values: series.map((one) => one.of(day)) }));
  return (
    <figure aria-label={title} className="flex min-w-0 flex-col gap-3 rounded-lg border bg-panel p-4">
      <figcaption className="flex items-center justify-between gap-2">
        <h2 className="font-semibold">{title}</h2>
        <Choice label={t("value.view", { of: title })} of={[["chart", t("dashboard.chart")], ["table", t("value.table")]]} value={view} choose={setView} />
      </figcaption>
      {view === "chart" ? (
        <Suspense fallback={<Skeleton rows={5} />}>
          <Chart rows={rows} series={series} say={say} lines={lines} whole={say === count} open={(day) => void navigate({ to: "/runs", search: { since: day, until: day } })} />
        </Suspense>
      ) : (
        <Table title={title} rows={rows} series={series} say={say} />
      )}
    </figure>
  );
}

function Table({ title, rows, series, say }: { title: string; rows: { day: string; values: (number | null)[] }[]; series: Series[]; say: (n: number) => string }) {
  const { t } = useTranslation();
  return (
    <div tabIndex={0} role="region" aria-label={title} className="h-56 overflow-auto text-sm">
      <table className="w-full">
        <thead className="sticky top-0 bg-panel text-muted">
          <tr>
            <th scope="col" className="py-1.5 text-start font-medium">{t("dashboard.day")}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="py-1.5 text-end font-medium">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ day, values }) => (
            <tr key={day} className="border-t">
              <td className="py-1.5">
                <Link to="/runs" search={{ since: day, until: day }} className="text-accent underline">{day}</Link>
              </td>
              {values.map((value, i) => (
                <td key={i} className="py-1.5 text-end">{value === null ? "–" : say(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
