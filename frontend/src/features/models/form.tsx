// A provider of the workspace's own: new, or one that changes. It is tried as soon as it is kept.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem } from "@/api/client";
import { Button, Failure, Field, input, Status } from "@/ui";
import { PricesField, type PriceRow, pricesOf, rowsOf } from "./prices";
import { type Kind, KINDS, type Provider, providersQuery } from "./queries";

interface Props {
  provider?: Provider;
  taken: string[];
  onDone: () => void;
}

export function ProviderForm({ provider, taken, onDone }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Kind>(provider?.kind ?? "openai");
  const [prices, setPrices] = useState<PriceRow[]>(rowsOf(provider?.prices ?? {}));
  const keep = useMutation({
    mutationFn: async (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "").trim();
      const params = { path: { name: provider?.name ?? text("name") } };
      const said = { kind, base_url: text("base_url") || null, prices: pricesOf(prices), ...(text("key") ? { key: text("key") } : {}) };
      await api.PUT("/api/v1/providers/{name}", { params, body: said });
      return body(api.POST("/api/v1/providers/{name}/test", { params }));
    },
    onSuccess: (tried) => tried.ok && onDone(),
    onSettled: () => queries.invalidateQueries({ queryKey: providersQuery().queryKey }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    keep.mutate(new FormData(event.currentTarget));
  };
  const problems = keep.error instanceof Problem ? keep.error.errors : [];
  const wrong = (path: string) => problems.find((one) => one.path.replace(/^\//, "") === path)?.message;
  return (
    <form aria-label={t(provider ? "models.change" : "models.add")} className="flex flex-col gap-3 rounded-lg border bg-panel p-4" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && onDone()}>
      <div className="grid gap-3 sm:grid-cols-2">
        {!provider && (
          <Field label={t("models.name")} hint={t("models.nameHint")} error={wrong("name")}>
            <input autoFocus required name="name" pattern="[a-z][a-z0-9_\-]{0,62}" className={`${input} font-mono`} list="provider-names" />
          </Field>
        )}
        <Field label={t("models.kind")} hint={t(`models.kinds.${kind}`)}>
          <select name="kind" className={input} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
            {KINDS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </Field>
        <Field label={t("models.address")} hint={t("models.addressHint")} error={wrong("base_url")}>
          <input name="base_url" type="url" className={input} defaultValue={provider?.base_url ?? ""} required={kind === "bedrock"} />
        </Field>
        <Field label={t("models.key")} hint={provider?.has_key ? t("models.keepKey") : t("models.keyHint")} error={wrong("key")}>
          <input name="key" type="password" autoComplete="new-password" className={input} />
        </Field>
      </div>
      <PricesField rows={prices} onChange={setPrices} />
      {!provider && (
        <datalist id="provider-names">
          {KINDS.filter((one) => !taken.includes(one)).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {keep.error && !problems.length && <Failure of={keep.error} />}
      {problems.some((one) => !["name", "base_url", "key"].includes(one.path.replace(/^\//, ""))) && <Failure of={keep.error} />}
      {keep.data && !keep.data.ok && (
        <p role="alert" className="flex flex-wrap items-center gap-2">
          <Status value="failed" />
          {t("models.keptButFailed", { message: keep.data.message })}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" disabled={keep.isPending}>
          {keep.isPending ? t("models.testing") : t("models.keep")}
        </Button>
        <Button type="button" kind="quiet" onClick={onDone}>
          {t("common.cancel")}
        </Button>
      </div>
    </form>
  );
}
