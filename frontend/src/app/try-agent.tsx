// A conversation with the version that is kept, beside what is written.
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, TryProps } from "@/features/agents/queries";
import { conversationQuery } from "@/features/chat/queries";
import { useStart, variablesOf } from "@/features/chat/start";
import { Thread } from "@/features/chat/thread";
import { Button, Failure, Skeleton } from "@/ui";
import { SchemaFields, type Values, valuesOf } from "@/ui/schema-form";
import { InChat } from "./in-chat";

export default function TryAgent({ agent, chat, at, unsaved, go }: TryProps) {
  const { t } = useTranslation();
  return (
    <aside aria-label={t("agents.try")} className="flex min-h-[60dvh] min-w-0 flex-col border-t xl:sticky xl:top-0 xl:h-dvh xl:w-100 xl:shrink-0 xl:overflow-y-auto xl:border-s xl:border-t-0">
      <div className="flex min-h-14 shrink-0 items-center gap-2 px-4">
        <h2 className="min-w-0 flex-1 truncate font-semibold">{t("agents.trying", { version: agent.version })}</h2>
        {chat !== "new" && <Button onClick={() => go({ chat: "new", at: undefined })}>{t("agents.again")}</Button>}
        <Button kind="quiet" className="px-2" aria-label={t("agents.close")} onClick={() => go({ chat: undefined, at: undefined })}>
          <X aria-hidden size={16} />
        </Button>
      </div>
      {unsaved && <p className="px-4 text-sm text-review">{t("agents.saveToTry", { version: agent.version })}</p>}
      {chat === "new" ? <Begin key={agent.version} agent={agent} go={go} /> : <Going id={chat} at={at} go={go} />}
    </aside>
  );
}

function Begin({ agent, go }: { agent: Agent; go: TryProps["go"] }) {
  const { t } = useTranslation();
  const schema = variablesOf(agent);
  const [values, setValues] = useState<Values>({});
  const start = useStart(({ id }) => go({ chat: id }));
  return (
    <form className="flex flex-col gap-3 px-4 py-4" onSubmit={(event) => (event.preventDefault(), start.mutate({ agent: `${agent.id}@${agent.version}`, input: valuesOf(schema, values) }))}>
      <SchemaFields schema={schema} values={values} onChange={setValues} />
      <div>
        <Button type="submit" kind="primary" disabled={start.isPending}>
          {t("agents.begin")}
        </Button>
      </div>
      {start.error && <Failure of={start.error} />}
    </form>
  );
}

function Going({ id, at, go }: { id: string; at?: string; go: TryProps["go"] }) {
  const conversation = useQuery(conversationQuery(id));
  if (conversation.error) return <Failure of={conversation.error} />;
  if (!conversation.data) return <Skeleton rows={3} />;
  return (
    <InChat>
      <Thread key={id} conversation={conversation.data} at={at} choose={(next) => go({ at: next })} />
    </InChat>
  );
}
