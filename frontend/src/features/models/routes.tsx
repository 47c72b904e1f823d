// Which model each route means in this workspace.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Failure, Field, input, Skeleton } from "@/ui";
import { modelsQuery, type Provider, ROUTES, type Route, routesQuery } from "./queries";

export function RoutesForm({ providers }: { providers: Provider[] }) {
  const { t } = useTranslation();
  const routes = useQuery(routesQuery());
  return (
    <section aria-labelledby="routes" className="flex flex-col gap-3">
      <h2 id="routes" className="font-semibold">
        {t("models.routes")}
      </h2>
      <p className="text-muted">{t("models.routesHint")}</p>
      {routes.error && <Failure of={routes.error} retry={() => void routes.refetch()} />}
      {routes.isPending && <Skeleton rows={4} />}
      {routes.data && ROUTES.map((name) => <RouteField key={`${name}${routes.data[name] ?? ""}`} name={name} model={routes.data[name] ?? ""} />)}
      <Known providers={providers} />
    </section>
  );
}

function RouteField({ name, model }: { name: Route; model: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState(model);
  const set = useMutation({
    mutationFn: () => body(api.PUT("/api/v1/models/routes/{name}", { params: { path: { name } }, body: { model: text.trim() || null } })),
    onSuccess: (now) => queries.setQueryData(routesQuery().queryKey, now),
  });
  const submit = (event: FormEvent) => (event.preventDefault(), set.mutate());
  return (
    <form className="flex flex-wrap items-end gap-2" onSubmit={submit}>
      <div className="min-w-0 flex-1 sm:max-w-96">
        <Field label={t(`models.route.${name}`)}>
          <input list="known-models" placeholder={t(name === "default" ? "models.byKeys" : "models.asDefault")} className={`${input} font-mono`} value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      </div>
      <Button type="submit" disabled={text.trim() === model || set.isPending}>
        {t("common.save")}
      </Button>
      {set.error && <Failure of={set.error} />}
    </form>
  );
}

/** Names of models that providers have told when they were tested. */
function Known({ providers }: { providers: Provider[] }) {
  const queries = useQueryClient();
  const names = providers.flatMap(({ name }) => queries.getQueryData(modelsQuery(name).queryKey)?.models?.map((model) => `${name}/${model}`) ?? []);
  return (
    <datalist id="known-models">
      {["demo/demo", ...names].map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
