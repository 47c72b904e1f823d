// Agents, and a new one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Empty, Failure, Field, Head, input, Skeleton } from "@/ui";
import { Heads } from "@/ui/heads";
import { template } from "./doc";
import { type Agent, agentsQuery } from "./queries";

export function Agents() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/agents" });
  const navigate = useNavigate({ from: "/agents" });
  const agents = useQuery(agentsQuery());
  const add = () => void navigate({ search: { new: "1" } });
  return (
    <>
      <Head title={t("agents.title")}>
        <Button kind="primary" onClick={add}>
          <Plus aria-hidden size={16} />
          {t("agents.add")}
        </Button>
      </Head>
      {search.new && <New />}
      {agents.error && <Failure of={agents.error} retry={() => void agents.refetch()} />}
      {agents.isPending && <Skeleton />}
      {agents.data && !agents.data.items.length && !search.new && (
        <Empty title={t("agents.none")}>
          <p>{t("agents.noneHint")}</p>
          <Button onClick={add}>{t("agents.add")}</Button>
        </Empty>
      )}
      {agents.data && agents.data.items.length > 0 && <Table of={agents.data.items} />}
    </>
  );
}

function New() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate({ from: "/agents" });
  const create = useMutation({
    mutationFn: (name: string) => body(api.POST("/api/v1/agents", { body: { text: template(name) } })),
    onSuccess: ({ id }) => (void queries.invalidateQueries({ queryKey: agentsQuery().queryKey }), navigate({ to: "/agents/$id", params: { id } })),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => (event.preventDefault(), create.mutate(String(new FormData(event.currentTarget).get("name"))));
  return (
    <form className="flex max-w-xl flex-wrap items-end gap-2 px-4 pb-4 md:px-6" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && void navigate({ search: {} })}>
      <div className="min-w-0 flex-1">
        <Field label={t("agents.name")}>
          <input autoFocus required name="name" pattern="[a-z][a-z0-9_]{0,62}" title={t("agents.nameHint")} placeholder={t("agents.nameHint")} className={`${input} font-mono`} />
        </Field>
      </div>
      <Button type="submit" kind="primary" disabled={create.isPending}>
        {t("agents.create")}
      </Button>
      {create.error && <Failure of={create.error} />}
    </form>
  );
}

function Table({ of }: { of: Agent[] }) {
  const { t } = useTranslation();
  return (
    <div className="px-4 pb-6 md:px-6">
      <table className="w-full text-sm">
        <Heads
          of={[
            { name: t("agents.name") },
            { name: t("agents.version"), end: true },
            { name: t("agents.aliases"), from: "sm" },
            { name: t("agents.changed"), from: "sm" },
            { name: <span className="sr-only">{t("agents.talk")}</span>, end: true },
          ]}
        />
        <tbody>
          {of.map((agent) => (
            <tr key={agent.id} className="h-9 border-b hover:bg-hover">
              <td className="w-full max-w-0 pe-4">
                <Link to="/agents/$id" params={{ id: agent.id }} className="flex flex-col py-2 hover:underline sm:flex-row sm:gap-3">
                  <span className="truncate font-medium">{agent.title || agent.name}</span>
                  <span className="truncate font-mono text-muted">{agent.name}</span>
                </Link>
              </td>
              <td className="pe-4 text-end text-muted">{agent.version}</td>
              <td className="hidden pe-4 text-muted sm:table-cell">
                {Object.entries(agent.aliases ?? {}).map(([name, version]) => `${name} ${version}`).join(", ")}
              </td>
              <td className="hidden pe-4 text-muted sm:table-cell">
                <Ago at={agent.created_at} />
              </td>
              <td className="text-end whitespace-nowrap">
                <Link to="/agents/$id" params={{ id: agent.id }} search={{ chat: "new" }} className="inline-flex min-h-8 items-center text-accent underline">
                  {t("agents.talk")}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
