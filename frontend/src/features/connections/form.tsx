// Connect a service by what its connector asks for. The credential is sent once and never shown again.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Failure, Field, input } from "@/ui";
import { type Schema, SchemaFields, type Values, valuesOf } from "@/ui/schema-form";
import { nameOf } from "./guess";
import { connectionsQuery, type Connector } from "./queries";

interface Props {
  connector: Connector;
  url?: string;
  taken: string[];
  choose: (search: Record<string, string | undefined>) => void;
}

export function ConnectionForm({ connector, url, taken, choose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(() => free(url ? nameOf(url) : connector.id, taken));
  const [config, setConfig] = useState<Values>(url ? { url } : {});
  const [secret, setSecret] = useState<Values>({});
  const asks = connector.credential_schema as Schema | null;
  const create = useMutation({
    mutationFn: () => {
      const given = asks ? valuesOf(asks, secret) : {};
      const credential = Object.keys(given).length ? given : null;
      const said = { connector: connector.id, name, config: valuesOf(connector.config_schema as Schema, config), credential };
      return body(api.POST("/api/v1/connections", { body: said as never }));
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: connectionsQuery().queryKey });
      choose({ id });
    },
  });
  const submit = (event: FormEvent) => (event.preventDefault(), create.mutate());
  const other = connector.id === "mcp" ? "openapi" : connector.id === "openapi" ? "mcp" : undefined;
  return (
    <form aria-label={connector.title} className="flex max-w-2xl flex-col gap-5 px-4 pb-8 md:px-6" onSubmit={submit}>
      <div className="flex flex-col gap-1">
        <h2 className="font-semibold">{connector.title}</h2>
        {connector.description.split("\n\n").map((part) => (
          <p key={part} className="text-muted">{part}</p>
        ))}
        {url && other && (
          <p>
            <button type="button" className="min-h-7 text-accent underline" onClick={() => choose({ add: other, url })}>
              {t(`connections.rather.${other}`)}
            </button>
          </p>
        )}
      </div>
      <Field label={t("connections.name")} hint={t("connections.nameHint")} error={taken.includes(name) ? t("connections.taken") : undefined}>
        <input required pattern="[a-z][a-z0-9_\-]{0,62}" className={`${input} font-mono`} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <SchemaFields schema={connector.config_schema as Schema} values={config} onChange={setConfig} />
      {asks && (
        <fieldset className="flex flex-col gap-4 rounded-lg border p-4">
          <legend className="px-1 font-medium">{t("connections.credential")}</legend>
          <p className="text-sm text-muted">{t("connections.credentialHint")}</p>
          <SchemaFields lenient schema={asks} values={secret} onChange={setSecret} />
        </fieldset>
      )}
      {create.error && <Failure of={create.error} />}
      <div>
        <Button type="submit" kind="primary" disabled={create.isPending}>
          {create.isPending ? t("connections.connecting") : t("connections.connect", { title: connector.title })}
        </Button>
      </div>
    </form>
  );
}

function free(name: string, taken: string[]): string {
  let number = 2;
  let next = name;
  while (next && taken.includes(next)) next = `${name}_${number++}`;
  return next;
}
