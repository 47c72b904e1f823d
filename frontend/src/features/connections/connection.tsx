// One connection: as whom, since when, whether it answers; what it can do; to rename, give another credential, or remove.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Facts, Failure, Status } from "@/ui";
import { Confirm } from "@/ui/confirm";
import { type Schema, SchemaFields, type Values, valuesOf } from "@/ui/schema-form";
import { type Connection, connectionsQuery, type Connector } from "./queries";
import { Tools } from "./tools";

export function ConnectionPanel({ connection, connector, close }: { connection: Connection; connector?: Connector; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [doing, setDoing] = useState<"" | "remove" | "change" | "secret">("");
  const search = useSearch({ from: "/connections" });
  const params = { path: { id: connection.id } };
  const refresh = () => queries.invalidateQueries({ queryKey: connectionsQuery().queryKey });
  const test = useMutation({ mutationFn: () => body(api.POST("/api/v1/connections/{id}/test", { params })), onSettled: refresh });
  const look = useMutation({ mutationFn: () => body(api.POST("/api/v1/connections/{id}/refresh", { params })), onSettled: refresh });
  const remove = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/connections/{id}", { params })),
    onSuccess: () => (close(), refresh()),
  });
  const busy = test.isPending || look.isPending;
  return (
    <aside aria-label={connection.name} className="flex min-w-0 flex-col gap-4 px-4 md:px-6 xl:w-120 xl:shrink-0 xl:ps-0">
      <div className="flex items-center gap-2">
        <h2 className="min-w-0 flex-1 truncate font-semibold">{connection.name}</h2>
        <Button kind="quiet" className="px-2" aria-label={t("connections.close")} onClick={close}>
          <X aria-hidden size={16} />
        </Button>
      </div>
      <Facts
        of={[
          [t("connections.status"), <Status key="s" value={busy ? "running" : connection.status === "ok" ? "connected" : "failed"} />],
          [t("connections.service"), connector?.title ?? connection.connector],
          [t("connections.account"), connection.account],
          [t("connections.credential"), t(connection.has_credential ? "connections.hasCredential" : "connections.noCredential")],
          [t("connections.tested"), <Ago key="t" at={connection.checked_at} />],
          [t("connections.lastUsed"), connection.last_used_at ? <Ago key="u" at={connection.last_used_at} /> : t("connections.never")],
          ...Object.entries(connection.config).map(([name, value]): [string, string] => [name.replaceAll("_", " "), short(value)]),
        ]}
      />
      {connection.error && (
        <p role="note" className="flex flex-col gap-1 rounded-md border border-failed/40 bg-panel p-3 wrap-anywhere">
          <span>{connection.error.message}</span>
          <span className="text-muted">{connection.error.hint}</span>
        </p>
      )}
      {search.consent && (
        <p role="alert" className="text-failed">
          {t("connections.notGranted", { code: search.consent })}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {connector?.grants && (
          <Button kind={connection.status === "ok" ? "plain" : "primary"} nativeButton={false} render={<a href={`/api/v1/connections/${connection.id}/consent`} />}>
            {t("connections.grant")}
          </Button>
        )}
        <Button disabled={busy} onClick={() => test.mutate()}>{t("connections.test")}</Button>
        <Button disabled={busy} onClick={() => look.mutate()}>{t("connections.refresh")}</Button>
        {connector && <Button onClick={() => setDoing("change")}>{t("connections.change")}</Button>}
        {connector?.credential_schema && <Button onClick={() => setDoing("secret")}>{t("connections.another")}</Button>}
        <Button kind="danger" onClick={() => setDoing("remove")}>{t("connections.remove")}</Button>
      </div>
      {doing === "remove" && <Confirm question={t("connections.removeSure", { name: connection.name })} action={t("connections.remove")} busy={remove.isPending} onYes={() => remove.mutate()} onNo={() => setDoing("")} />}
      {doing === "secret" && <Change key="secret" connection={connection} part="credential" schema={connector?.credential_schema as Schema} onDone={() => (setDoing(""), void refresh())} />}
      {doing === "change" && <Change key="config" connection={connection} part="config" schema={connector?.config_schema as Schema} onDone={() => (setDoing(""), void refresh())} />}
      {(test.error ?? look.error ?? remove.error) && <Failure of={test.error ?? look.error ?? remove.error} />}
      <Tools connection={connection} />
    </aside>
  );
}

interface ChangeProps {
  connection: Connection;
  part: "config" | "credential";
  schema: Schema;
  onDone: () => void;
}

function Change({ connection, part, schema, onDone }: ChangeProps) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Values>(part === "config" ? written(connection.config) : {});
  const keep = useMutation({
    mutationFn: () => {
      const said = { [part]: valuesOf(schema, values) } as never;
      return body(api.PATCH("/api/v1/connections/{id}", { params: { path: { id: connection.id } }, body: said }));
    },
    onSuccess: onDone,
  });
  return (
    <form className="flex flex-col gap-3 rounded-lg border bg-panel p-4" onSubmit={(event) => (event.preventDefault(), keep.mutate())} onKeyDown={(event) => event.key === "Escape" && onDone()}>
      <SchemaFields schema={schema} values={values} onChange={setValues} />
      {keep.error && <Failure of={keep.error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={keep.isPending}>{t("common.save")}</Button>
        <Button type="button" kind="quiet" onClick={onDone}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}

/** The beginning of a value: a document may be long. */
function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Values as they stand in fields: what is no word or number is JSON. */
function written(config: Values): Values {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? "")]));
}
