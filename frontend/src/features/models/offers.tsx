// Models that are there for the taking: one click, and everyday use goes by them.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Cpu } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { useMay } from "@/api/me";
import { Button, Failure } from "@/ui";
import { providersQuery, routesQuery } from "./queries";

type Offer = Schemas["Offer"];

function offersQuery() {
  return queryOptions({ queryKey: ["offers"], queryFn: () => body(api.GET("/api/v1/providers/offers")), staleTime: 60_000 });
}

export function Offers() {
  const { t } = useTranslation();
  const may = useMay("admin");
  const offers = useQuery({ ...offersQuery(), enabled: may });
  const items = offers.data?.items ?? [];
  if (!items.length) return null;
  return (
    <section aria-labelledby="offers" className="flex flex-col gap-2 rounded-lg border bg-panel p-4">
      <h2 id="offers" className="font-semibold">{t("models.offers")}</h2>
      <ul className="flex flex-col divide-y">
        {items.map((one) => (
          <li key={one.name}>
            <Line offer={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Line({ offer: { name, source, model, provider, used } }: { offer: Offer }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const take = useMutation({
    mutationFn: async () => {
      if (provider) await api.PUT("/api/v1/providers/{name}", { params: { path: { name } }, body: provider });
      await api.PUT("/api/v1/models/routes/{name}", { params: { path: { name: "default" } }, body: { model } });
    },
    onSettled: () => Promise.all([offersQuery(), providersQuery(), routesQuery()].map(({ queryKey }) => queries.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  return (
    <div className="flex flex-col gap-2 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Cpu aria-hidden size={16} className="shrink-0 text-muted" />
        <span className="min-w-0 flex-1">
          {t(`models.offered.${source}`, { name })} <code className="font-mono text-sm wrap-anywhere text-muted">{model}</code>
        </span>
        {used ? (
          <span className="inline-flex min-h-8 items-center gap-1.5 text-done">
            <CircleCheck aria-hidden size={15} />
            {t("models.inUse")}
          </span>
        ) : (
          <Button disabled={take.isPending} onClick={() => take.mutate()}>{t("models.take", { name })}</Button>
        )}
      </div>
      {take.error && <Failure of={take.error} />}
    </div>
  );
}
