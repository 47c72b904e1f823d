// Workflows, and a new one: from nothing, or from an example.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/me";
import { Ago, Button, Empty, Failure, Field, Head, input, Skeleton } from "@/ui";
import { Heads } from "@/ui/heads";
import { type Template, templatesQuery, type Workflow, workflowsQuery } from "./queries";

const NAME = "[a-z][a-z0-9_]{0,62}";

export function Workflows() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/workflows" });
  const navigate = useNavigate({ from: "/workflows" });
  const workflows = useQuery(workflowsQuery());
  const may = useMay("editor");
  const none = workflows.data?.items.length === 0;
  useStudioAhead(workflows.isSuccess);
  return (
    <>
      <Head title={t("workflows.title")}>
        {may && (
          <Button kind="primary" onClick={() => void navigate({ search: { new: "1" } })}>
            <Plus aria-hidden size={16} />
            {t("workflows.add")}
          </Button>
        )}
      </Head>
      {workflows.error && <Failure of={workflows.error} retry={() => void workflows.refetch()} />}
      {workflows.isPending && <Skeleton />}
      {none && !search.new && (
        <Empty title={t("workflows.none")}>
          <p>{t("workflows.noneHint")}</p>
        </Empty>
      )}
      {workflows.data && may && (search.new || none) && <New key={search.template} taken={workflows.data.items.map(({ name }) => name)} template={search.template} cancel={none ? undefined : () => void navigate({ search: {} })} />}
      {workflows.data && !none && <Table of={workflows.data.items} />}
    </>
  );
}

/** The code of the studio comes while the list is read. */
function useStudioAhead(ready: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (ready) void router.preloadRoute({ to: "/workflows/$id", params: { id: "new" } });
  }, [ready, router]);
}

function New({ taken, template, cancel }: { taken: string[]; template?: string; cancel?: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const templates = useQuery(templatesQuery());
  const offered = templates.data?.items.filter(({ kind }) => kind === "workflow") ?? [];
  const [chosen, setChosen] = useState(template ?? "");
  const [name, setName] = useState<string>();
  const wish = name ?? (chosen ? free(chosen, taken) : "");
  const submit = (event: FormEvent) => (event.preventDefault(), void navigate({ to: "/workflows/$id", params: { id: "new" }, search: { name: wish, template: chosen || undefined } }));
  return (
    <form className="flex max-w-4xl flex-col gap-4 px-4 pb-6 md:px-6" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && cancel?.()}>
      <fieldset>
        <legend className="pb-2 font-medium">{t("workflows.startFrom")}</legend>
        <div className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
          <Start name="" title={t("workflows.empty")} about={t("workflows.emptyHint")} chosen={chosen === ""} choose={setChosen} />
          {offered.map((one) => (
            <Start key={one.name} name={one.name} title={one.title} about={one.about} chosen={chosen === one.name} choose={setChosen} />
          ))}
        </div>
      </fieldset>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-48 flex-1">
          <Field label={t("workflows.name")} error={taken.includes(wish) ? t("workflows.taken") : undefined}>
            <input autoFocus required value={wish} onChange={(event) => setName(event.target.value)} pattern={NAME} title={t("workflows.nameHint")} placeholder={t("workflows.nameHint")} className={`${input} font-mono`} />
          </Field>
        </div>
        <Button type="submit" kind="primary" disabled={taken.includes(wish)}>{chosen ? t("workflows.copy") : t("workflows.begin")}</Button>
        {cancel && <Button kind="quiet" onClick={cancel}>{t("common.cancel")}</Button>}
      </div>
    </form>
  );
}

function Start({ name, title, about, chosen, choose }: { name: string; title: string; about: string; chosen: boolean; choose: (name: string) => void }) {
  return (
    <label className="flex cursor-pointer items-start gap-2 rounded-md border bg-panel p-3 hover:bg-hover has-checked:border-accent has-checked:bg-tint">
      <input type="radio" name="start" value={name} checked={chosen} onChange={() => choose(name)} className="mt-0.5 size-4 accent-accent" />
      <span className="flex min-w-0 flex-col">
        <span className="font-medium">{title}</span>
        <span className="block text-sm text-muted first-letter:uppercase">{about}</span>
      </span>
    </label>
  );
}

/** The template's own name, or with a number behind it. */
function free(name: Template["name"], taken: string[]): string {
  for (let n = 2, wish = name; ; wish = `${name}_${n++}`) if (!taken.includes(wish)) return wish;
}

function Table({ of }: { of: Workflow[] }) {
  const { t } = useTranslation();
  return (
    <div className="px-4 pb-6 md:px-6">
      <table className="w-full text-sm">
        <Heads of={[{ name: t("workflows.name") }, { name: t("workflows.version"), end: true }, { name: t("workflows.changed"), from: "sm" }]} />
        <tbody>
          {of.map((one) => (
            <tr key={one.id} className="h-9 border-b hover:bg-hover">
              <td className="w-full max-w-0 pe-4">
                <Link to="/workflows/$id" params={{ id: one.id }} className="flex flex-col py-2 hover:underline sm:flex-row sm:gap-3">
                  <span className="truncate font-medium">{one.title || one.name}</span>
                  <span className="truncate font-mono text-muted">{one.name}</span>
                </Link>
              </td>
              <td className="pe-4 text-end text-muted">{one.version}</td>
              <td className="hidden whitespace-nowrap text-muted sm:table-cell">
                <Ago at={one.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
