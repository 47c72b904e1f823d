// Begin a conversation: choose whom to talk to, and fill in the agent's variables where it has some that must be given.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { Button, Empty, Failure, Skeleton } from "@/ui";
import { SchemaFields, valuesOf, type Values } from "@/ui/schema-form";
import { agentsQuery, type Conversation } from "./queries";

type Agent = Schemas["Definition"];

export function useStart(onStarted: (made: Conversation) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (said: { agent: string; input: Values }) => body(api.POST("/api/v1/conversations", { body: { title: "", ...said } as never })),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["conversations"] });
      onStarted(made);
    },
  });
}

/** The schema of an agent's variables, without the message that every run has. */
export function variablesOf(agent: Agent) {
  const { message: _, ...properties } = (agent.input_schema.properties ?? {}) as Record<string, object>;
  const required = ((agent.input_schema.required ?? []) as string[]).filter((name) => name !== "message");
  return { ...agent.input_schema, properties, required };
}

export function Start({ onStarted }: { onStarted: (made: Conversation) => void }) {
  const { t } = useTranslation();
  const agents = useQuery(agentsQuery());
  const start = useStart(onStarted);
  const [chosen, setChosen] = useState<Agent | null>(null);
  if (agents.error) return <Failure of={agents.error} retry={() => void agents.refetch()} />;
  if (!agents.data) return <Skeleton />;
  if (!agents.data.items.length) return <NoAgents />;
  const begin = (agent: Agent) => (variablesOf(agent).required.length ? setChosen(agent) : start.mutate({ agent: agent.id, input: {} }));
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col gap-4 px-4 py-8 md:px-6">
      <h2 className="font-semibold">{t("chat.with")}</h2>
      <ul className="flex flex-col gap-2">
        {agents.data.items.map((agent) => (
          <li key={agent.id}>
            <Button className="min-h-12 w-full justify-start text-start" aria-pressed={chosen?.id === agent.id} disabled={start.isPending} onClick={() => begin(agent)}>
              <Bot aria-hidden size={18} className="shrink-0 text-accent" />
              <span className="min-w-0 flex-1 truncate">{agent.title || agent.name}</span>
              <span className="truncate font-mono text-sm font-normal text-muted">{agent.name}</span>
            </Button>
          </li>
        ))}
      </ul>
      {chosen && <Variables key={chosen.id} agent={chosen} begin={(input) => start.mutate({ agent: chosen.id, input })} />}
      {start.error && <Failure of={start.error} />}
    </div>
  );
}

function Variables({ agent, begin }: { agent: Agent; begin: (input: Values) => void }) {
  const { t } = useTranslation();
  const schema = variablesOf(agent);
  const [values, setValues] = useState<Values>({});
  return (
    <form className="flex flex-col gap-3 rounded-lg border bg-panel p-4" onSubmit={(event) => (event.preventDefault(), begin(valuesOf(schema, values)))}>
      <SchemaFields schema={schema} values={values} onChange={setValues} />
      <div>
        <Button type="submit" kind="primary">
          {t("chat.begin")}
        </Button>
      </div>
    </form>
  );
}

function NoAgents() {
  const { t } = useTranslation();
  return (
    <Empty title={t("chat.noAgents")}>
      <p>{t("chat.noAgentsHint")}</p>
      <Link to="/agents" className="text-accent underline">
        {t("chat.toAgents")}
      </Link>
    </Empty>
  );
}
