import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { money } from "@/lib/format";
import { Button, Failure, Field, input, Skeleton } from "@/ui";
import { type Budget, budgetsQuery, subjectsQuery, useChange } from "./queries";

const PERIODS: Budget["period"][] = ["run", "day", "month"];

export function Budgets({ isAdmin }: { isAdmin: boolean }) {
  const { t } = useTranslation();
  const budgets = useQuery(budgetsQuery);
  const [chosen, setChosen] = useState<Partial<Budget> | null>(null);
  return (
    <section className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{t("settings.budgets.title")}</h2>
        {isAdmin && !chosen && <Button onClick={() => setChosen({})}>{t("settings.budgets.new")}</Button>}
      </div>
      <p className="text-muted">{t("settings.budgets.hint")}</p>
      {chosen && <Write key={chosen.scope ?? ""} start={chosen} close={() => setChosen(null)} />}
      {budgets.error && <Failure of={budgets.error} retry={() => void budgets.refetch()} />}
      {budgets.isPending && <Skeleton rows={2} />}
      <ul className="flex flex-col gap-2">
        {budgets.data?.items.map((one) => (
          <Line key={one.scope} of={one} change={isAdmin ? () => setChosen(one) : undefined} />
        ))}
      </ul>
    </section>
  );
}

function Line({ of, change }: { of: Budget; change?: () => void }) {
  const { t } = useTranslation();
  const subjects = useQuery(subjectsQuery);
  const { used_usd: used = 0, limit_usd: limit } = of;
  const part = limit ? Math.min(used / limit, 1) : 1;
  const name = subjects.data?.find(([scope]) => scope === of.scope)?.[1] ?? (of.scope === "workspace" ? t("settings.budgets.workspace") : of.scope);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b pb-2">
      <span className="min-w-0 flex-1 basis-full truncate font-medium sm:basis-0">{name}</span>
      <span className="text-sm text-muted">
        {t(`settings.budgets.used.${of.period}`, { used: money(used), limit: money(limit) })}
      </span>
      {change && <Button onClick={change} aria-label={t("settings.budgets.changeOne", { name })}>{t("settings.budgets.change")}</Button>}
      {of.period !== "run" && (
        <span aria-hidden className="h-1.5 w-full overflow-hidden rounded-full bg-hover">
          <span className={`block h-full rounded-full ${part >= 0.9 ? "bg-failed" : "bg-accent"}`} style={{ width: `${part * 100}%` }} />
        </span>
      )}
    </li>
  );
}

function Write({ start, close }: { start: Partial<Budget>; close: () => void }) {
  const { t } = useTranslation();
  const subjects = useQuery(subjectsQuery);
  const [scope, setScope] = useState(start.scope ?? "workspace");
  const [limit, setLimit] = useState(String(start.limit_usd ?? "10"));
  const [period, setPeriod] = useState<Budget["period"]>(start.period ?? "month");
  const put = useChange("budgets", () =>
    body(api.PUT("/api/v1/budgets/{name}", { params: { path: { name: scope } }, body: { limit_usd: Number(limit), period } })),
  );
  return (
    <form
      className="flex flex-col gap-3 rounded-lg border bg-panel p-4"
      onSubmit={(event) => {
        event.preventDefault();
        put.mutate(undefined, { onSuccess: close });
      }}
    >
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label={t("settings.budgets.of")}>
          <select className={input} value={scope} disabled={start.scope !== undefined} onChange={(event) => setScope(event.target.value)}>
            <option value="workspace">{t("settings.budgets.workspace")}</option>
            {subjects.data?.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t("settings.budgets.limit")}>
          <input autoFocus required type="number" min={0} step="any" className={input} value={limit} onChange={(event) => setLimit(event.target.value)} />
        </Field>
        <Field label={t("settings.budgets.period")}>
          <select className={input} value={period} onChange={(event) => setPeriod(event.target.value as Budget["period"])}>
            {PERIODS.map((one) => (
              <option key={one} value={one}>
                {t(`settings.budgets.periods.${one}`)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {put.error && <Failure of={put.error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={put.isPending}>{t("settings.budgets.set")}</Button>
        <Button onClick={close}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
