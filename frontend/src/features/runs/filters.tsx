import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, input } from "@/ui";
import type { Filters } from "./queries";
import { useSaved } from "./saved";

const STATUSES = ["queued", "running", "waiting", "review", "completed", "failed", "terminated"] as const;
const TIMES = ["1h", "24h", "7d", "30d"] as const;
const box = `${input} w-auto max-w-44 min-w-0`;

/** Status, workflow or agent, and time; and what somebody kept of these by a name. */
export function FilterBar({ search, choose }: { search: Filters; choose: (next: Filters) => void }) {
  const { t } = useTranslation();
  const workflows = useQuery({ queryKey: ["workflows", "names"], queryFn: () => body(api.GET("/api/v1/workflows", { params: { query: { limit: 200 } } })) });
  const agents = useQuery({ queryKey: ["agents", "names"], queryFn: () => body(api.GET("/api/v1/agents", { params: { query: { limit: 200 } } })) });
  const set = (part: Filters) => choose({ ...search, ...part });
  const days = /^\d{4}/.test(search.since ?? "") || Boolean(search.until);
  return (
    <div role="search" aria-label={t("runs.filter")} className="flex flex-wrap items-center gap-2 px-4 pb-3 md:px-6">
      <select aria-label={t("runs.status")} className={box} value={search.status ?? ""} onChange={(event) => set({ status: event.target.value || undefined })}>
        <option value="">{t("runs.anyStatus")}</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {t(`status.${status}`)}
          </option>
        ))}
      </select>
      <Names label={t("runs.workflow")} any={t("runs.anyWorkflow")} of={workflows.data?.items.map(({ name }) => name)} value={search.workflow} choose={(workflow) => set({ workflow, agent: undefined })} />
      <Names label={t("runs.agent")} any={t("runs.anyAgent")} of={agents.data?.items.map(({ name }) => name)} value={search.agent} choose={(agent) => set({ agent, workflow: undefined })} />
      <select
        aria-label={t("runs.time")}
        className={box}
        value={days ? "days" : (search.since ?? "")}
        onChange={(event) => set(event.target.value === "days" ? { since: today(), until: today() } : { since: event.target.value || undefined, until: undefined })}
      >
        <option value="">{t("runs.anyTime")}</option>
        {TIMES.map((time) => (
          <option key={time} value={time}>
            {t(`runs.times.${time}`)}
          </option>
        ))}
        <option value="days">{t("runs.times.days")}</option>
      </select>
      {days && (
        <>
          <input type="date" aria-label={t("runs.from")} className={box} value={search.since ?? ""} onChange={(event) => set({ since: event.target.value || undefined })} />
          <input type="date" aria-label={t("runs.until")} className={box} value={search.until ?? ""} onChange={(event) => set({ until: event.target.value || undefined })} />
        </>
      )}
      <Saved search={search} choose={choose} />
    </div>
  );
}

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

function Names({ label, any, of, value, choose }: { label: string; any: string; of?: string[]; value?: string; choose: (name?: string) => void }) {
  const names = value && !of?.includes(value) ? [value, ...(of ?? [])] : (of ?? []);
  if (!names.length) return null;
  return (
    <select aria-label={label} className={box} value={value ?? ""} onChange={(event) => choose(event.target.value || undefined)}>
      <option value="">{any}</option>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function Saved({ search, choose }: { search: Filters; choose: (next: Filters) => void }) {
  const { t } = useTranslation();
  const [saved, keep, drop] = useSaved();
  const [name, setName] = useState<string | null>(null);
  const now = JSON.stringify(search);
  const here = saved.find((one) => JSON.stringify(one.search) === now);
  return (
    <>
      {saved.length > 0 && (
        <select aria-label={t("runs.saved")} className={box} value={here?.name ?? ""} onChange={(event) => choose(saved.find((one) => one.name === event.target.value)?.search ?? {})}>
          <option value="">{t("runs.saved")}</option>
          {saved.map((one) => (
            <option key={one.name}>{one.name}</option>
          ))}
        </select>
      )}
      {here && (
        <Button kind="quiet" aria-label={t("runs.forget", { name: here.name })} className="px-2" onClick={() => drop(here.name)}>
          <X aria-hidden size={15} />
        </Button>
      )}
      {!here && now !== "{}" && name === null && <Button onClick={() => setName("")}>{t("runs.keep")}</Button>}
      {name !== null && (
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) keep(name.trim(), search);
            setName(null);
          }}
        >
          <input autoFocus aria-label={t("runs.name")} placeholder={t("runs.name")} className={box} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} onKeyDown={(event) => event.key === "Escape" && setName(null)} />
          <Button type="submit" kind="primary">
            {t("runs.keepNow")}
          </Button>
        </form>
      )}
    </>
  );
}
