// One provider: where it is, whether it answers, what its models cost; to change or remove if it is the workspace's own.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { duration } from "@/lib/format";
import { Ago, Button, Facts, Failure, input, Status } from "@/ui";
import { Confirm } from "@/ui/confirm";
import { ProviderForm } from "./form";
import { modelsQuery, type Provider, providersQuery } from "./queries";

export function ProviderRow({ provider, editing, edit }: { provider: Provider; editing: boolean; edit: (name?: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const { name } = provider;
  const own = provider.source === "workspace";
  const remove = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/providers/{name}", { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: providersQuery().queryKey }),
  });
  return (
    <li className="flex flex-col gap-3 rounded-lg border bg-panel p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="min-w-0 flex-1 font-mono font-semibold wrap-anywhere">{name}</h3>
        {own && (
          <>
            <Button kind="quiet" aria-expanded={editing} onClick={() => edit(editing ? undefined : name)}>
              {t("models.change")}
            </Button>
            <Button kind="quiet" onClick={() => setRemoving(true)}>
              {t("models.remove")}
            </Button>
          </>
        )}
      </div>
      <Facts
        of={[
          [t("models.kind"), provider.kind],
          [t("models.address"), provider.base_url ?? (own ? t("models.vendor") : "")],
          [t("models.key"), <Key key="k" has={provider.has_key} />],
          [t("models.source"), t(`models.sources.${provider.source}`) + (provider.shadows ? ` (${t("models.shadows")})` : "")],
          [t("models.prices"), <Prices key="p" of={provider.prices} />],
          [t("models.changed"), provider.changed_at && <Ago key="c" at={provider.changed_at} />],
        ]}
      />
      {removing && <Confirm question={t("models.removeSure", { name })} action={t("models.remove")} busy={remove.isPending} onYes={() => remove.mutate()} onNo={() => setRemoving(false)} />}
      {remove.error && <Failure of={remove.error} />}
      {editing ? <ProviderForm provider={provider} taken={[]} onDone={() => edit()} /> : <Test name={name} />}
    </li>
  );
}

function Key({ has }: { has: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex items-center gap-1.5">
      <KeyRound aria-hidden size={13} className={has ? "text-done" : "text-muted"} />
      {t(has ? "models.hasKey" : "models.noKey")}
    </span>
  );
}

function Prices({ of }: { of: Provider["prices"] }) {
  const { t } = useTranslation();
  return Object.entries(of).map(([model, price]) => (
    <span key={model} className="block">
      {t("models.price", { model, ...price })}
    </span>
  ));
}

/** Ask which models it has, or one of them a tiny question. */
function Test({ name }: { name: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [model, setModel] = useState("");
  const ask = useMutation({
    mutationFn: () => body(api.POST("/api/v1/providers/{name}/test", { params: { path: { name } }, body: model ? { model } : undefined })),
    onSuccess: (said) => said.models?.length && queries.setQueryData(modelsQuery(name).queryKey, said),
  });
  return (
    <form className="flex flex-wrap items-center gap-2" onSubmit={(event) => (event.preventDefault(), ask.mutate())}>
      <input aria-label={t("models.model")} placeholder={t("models.model")} list={`models-of-${name}`} className={`${input} w-auto! min-w-0 flex-1 sm:max-w-64`} value={model} onChange={(event) => setModel(event.target.value)} />
      <datalist id={`models-of-${name}`}>
        {ask.data?.models?.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <Button type="submit" disabled={ask.isPending}>
        {ask.isPending ? t("models.testing") : t("models.test")}
      </Button>
      {ask.error && <Failure of={ask.error} />}
      {ask.data && (
        <p role="status" className="flex w-full flex-wrap items-center gap-2">
          <Status value={ask.data.ok ? "done" : "failed"} />
          <span className="wrap-anywhere">{ask.data.message}</span>
          <span className="text-muted">{duration(ask.data.seconds)}</span>
        </p>
      )}
    </form>
  );
}
