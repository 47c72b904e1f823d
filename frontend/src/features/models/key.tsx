// A key where it is missed: one vendor, one key, tried at once. Everything else is set on the page of models.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem } from "@/api/client";
import { Button, Failure, Field, input } from "@/ui";
import { type Kind, providersQuery, routesQuery } from "./queries";

const VENDORS: Kind[] = ["anthropic", "openai", "google"];

interface Props {
  onKept: () => void;
  onCancel: () => void;
}

export function KeyForm({ onKept, onCancel }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [vendor, setVendor] = useState<Kind>("anthropic");
  const keep = useMutation({
    mutationFn: async (form: FormData) => {
      const params = { path: { name: vendor } };
      const base_url = String(form.get("base_url") ?? "").trim() || null;
      await api.PUT("/api/v1/providers/{name}", { params, body: { kind: vendor, base_url, prices: {}, key: String(form.get("key")).trim() } });
      const tried = await body(api.POST("/api/v1/providers/{name}/test", { params }));
      if (!tried.ok) throw new Problem(0, "provider_failed", t("models.keptButFailed", { message: tried.message }));
      // A vendor's own models are known; of another address, the first it names is for everyday use.
      const model = base_url && tried.models[0] ? `${vendor}/${tried.models[0]}` : null;
      await api.PUT("/api/v1/models/routes/{name}", { params: { path: { name: "default" } }, body: { model } });
    },
    onSuccess: onKept,
    onSettled: () => Promise.all([providersQuery(), routesQuery()].map(({ queryKey }) => queries.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    keep.mutate(new FormData(event.currentTarget));
  };
  return (
    <form aria-label={t("models.keyHere")} className="flex max-w-xl flex-col gap-3 rounded-lg border bg-panel p-4 text-ink" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && onCancel()}>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={t("models.vendor")}>
          <select className={input} value={vendor} onChange={(event) => setVendor(event.target.value as Kind)}>
            {VENDORS.map((one) => (
              <option key={one} value={one}>
                {t(`models.vendors.${one as "openai"}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t("models.key")} hint={t("models.keyHint")}>
          <input autoFocus required name="key" type="password" autoComplete="new-password" className={input} />
        </Field>
        {vendor === "openai" && (
          <Field label={t("models.address")} hint={t("models.addressHint")}>
            <input name="base_url" type="url" className={input} />
          </Field>
        )}
      </div>
      {keep.error && <Failure of={keep.error} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" kind="primary" disabled={keep.isPending}>
          {keep.isPending ? t("models.testing") : t("models.tryAgain")}
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          {t("common.cancel")}
        </Button>
        <Link to="/models" className="ms-auto text-accent underline">
          {t("models.more")}
        </Link>
      </div>
    </form>
  );
}
