// Every version: what it changed, which names stand for it, and its text to take up again.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Failure, Field, input, Skeleton } from "@/ui";
import { DiffView } from "./diff";
import { type Agent, versionsQuery } from "./queries";

interface Props {
  agent: Agent;
  from?: number;
  to?: number;
  go: (change: Record<string, string | undefined>) => void;
  takeUp: (text: string) => void;
}

export function Versions({ agent, from, to = agent.version, go, takeUp }: Props) {
  const { t } = useTranslation();
  const versions = useQuery(versionsQuery(agent.id));
  if (versions.error) return <Failure of={versions.error} retry={() => void versions.refetch()} />;
  if (!versions.data) return <Skeleton />;
  const numbers = versions.data.items.map(({ version }) => version);
  const before = from ?? to - 1;
  return (
    <div className="grid gap-6 px-4 py-4 md:px-6 lg:grid-cols-2">
      <ul aria-label={t("agents.tabs.versions")} className="flex flex-col">
        {versions.data.items.map((one) => (
          <li key={one.version} className="border-b">
            <button type="button" aria-pressed={one.version === to} onClick={() => go({ to: String(one.version), from: undefined })} className="flex min-h-11 w-full flex-wrap items-center gap-x-3 px-2 py-1 text-start hover:bg-hover aria-pressed:bg-tint">
              <span className="font-medium">{t("agents.versionNow", { version: one.version })}</span>
              {aliasesOf(agent, one.version).map((name) => (
                <span key={name} className="rounded border px-1.5 text-sm">{name}</span>
              ))}
              <span className="ms-auto text-sm text-muted">
                <span title={one.created_by}>{one.created_by.split(":")[0]}</span> <Ago at={one.created_at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="flex min-w-0 flex-col gap-5">
        <Steer agent={agent} version={to} takeUp={takeUp} />
        {to > 1 && (
          <Field label={t("agents.comparedTo")}>
            <select className={input} value={before} onChange={(event) => go({ from: event.target.value, to: String(to) })}>
              {numbers.filter((number) => number !== to).map((number) => (
                <option key={number} value={number}>{t("agents.versionNow", { version: number })}</option>
              ))}
            </select>
          </Field>
        )}
        {to > 1 && <DiffView id={agent.id} from={before} to={to} />}
      </div>
    </div>
  );
}

function aliasesOf(agent: Agent, version: number): string[] {
  return Object.entries(agent.aliases ?? {}).flatMap(([name, at]) => (at === version ? [name] : []));
}

/** Let a name stand for a version, or take its text up. */
function Steer({ agent, version, takeUp }: { agent: Agent; version: number; takeUp: (text: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { id } = agent;
  const move = useMutation({
    mutationFn: (alias: string) => body(api.PUT("/api/v1/agents/{id}/aliases/{alias}", { params: { path: { id, alias } }, body: { version } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["agent", id] }),
  });
  const restore = useMutation({
    mutationFn: () => body(api.GET("/api/v1/agents/{id}/versions/{number}", { params: { path: { id, number: version } } })),
    onSuccess: ({ text }) => takeUp(text ?? ""),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => (event.preventDefault(), move.mutate(String(new FormData(event.currentTarget).get("alias"))));
  return (
    <div className="flex flex-wrap items-end gap-2">
      <form className="flex min-w-0 flex-1 basis-full flex-wrap items-end gap-2 sm:basis-auto" onSubmit={submit}>
        <div className="min-w-40 flex-1">
          <Field label={t("agents.alias")}>
            <input key={version} required name="alias" defaultValue="production" pattern="[a-z][a-z0-9_\-]*" className={`${input} font-mono`} />
          </Field>
        </div>
        <Button type="submit" disabled={move.isPending}>{t("agents.pointHere", { version })}</Button>
      </form>
      <Button disabled={restore.isPending} onClick={() => restore.mutate()}>{t("agents.takeUp")}</Button>
      {(move.error ?? restore.error) && <Failure of={move.error ?? restore.error} />}
    </div>
  );
}
