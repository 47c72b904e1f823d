// A conversation: its branch of messages and answers, live, and where one writes on.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem } from "@/api/client";
import { Button, Failure, Skeleton } from "@/ui";
import { Composer, type Saying, useFiles } from "./composer";
import { MessageView } from "./message";
import { type Conversation, isOpen, messagesQuery } from "./queries";
import { useStarters } from "./starters";
import { branchOf } from "./tree";
import { useLive } from "./use-live";

interface Props {
  conversation: Conversation;
  at?: string; // a message of the branch that is shown; the newest where it is left out
  choose: (at: string | undefined) => void;
}

export function Thread({ conversation, at, choose }: Props) {
  const { t } = useTranslation();
  const { id } = conversation;
  const messages = useQuery(messagesQuery(id));
  const live = useLive(id, messages.data);
  const files = useFiles();
  const branch = branchOf(messages.data ?? [], at);
  const act = useActions(id, () => choose(undefined));
  const end = useEnd([branch.length, live]);
  if (messages.error && !messages.data) return <Failure of={messages.error} retry={() => void messages.refetch()} />;
  if (!messages.data) return <Skeleton />;
  const drop = (event: DragEvent) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    files.add.mutate([...event.dataTransfer.files]);
  };
  const say = (what: Saying) => act.mutateAsync({ path: "messages", body: { ...what, parent: branch.at(-1)?.message.id ?? null } });
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-1 flex-col px-4 md:px-6" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <div className="flex flex-1 flex-col gap-8 py-4">
        {branch.map((place) => (
          <MessageView
            key={place.message.id}
            place={place}
            live={live}
            choose={choose}
            onEdit={({ id: of }, text) => act.mutate({ path: `messages/${of}/edit`, body: { text, when_busy: "queue" } })}
            onRetry={({ id: of }) => act.mutate({ path: `messages/${of}/retry`, body: { when_busy: "queue" } })}
          />
        ))}
        {!branch.length && <Starters agent={conversation.agent.id} say={(text) => act.mutate({ path: "messages", body: { text, parent: null } })} />}
        {live.lost && <p role="status" className="animate-pulse text-sm text-muted">{t("chat.lost")}</p>}
        {(live.wrong ?? act.error) ? <Failure of={live.wrong ?? act.error} /> : null}
      </div>
      <Composer conversation={id} busy={messages.data.some(isOpen)} files={files} send={say} stop={() => act.mutate({ path: "stop", body: {} })} />
      <div ref={end} />
    </div>
  );
}

function Starters({ agent, say }: { agent: string; say: (text: string) => void }) {
  const { t } = useTranslation();
  const starters = useStarters(agent);
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-3 py-10 text-center">
      <p className="font-medium">{t("chat.empty")}</p>
      {starters.map((text) => (
        <Button key={text} className="max-w-full py-1.5 whitespace-normal" onClick={() => say(text)}>
          {text}
        </Button>
      ))}
    </div>
  );
}

/** What is done to a conversation. A server that does not answer is asked again with the same key, so that it is done once. */
function useActions(id: string, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ path, body: said }: { path: string; body: object }) => {
      const key = crypto.randomUUID();
      for (let failed = 0; ; failed++) {
        try {
          return await body(
            api.POST(`/api/v1/conversations/{id}/${path}` as "/api/v1/conversations/{id}/messages", {
              params: { path: { id }, header: { "idempotency-key": key } as never },
              body: said as { text: string; attachments: []; input: {} },
            }),
          );
        } catch (wrong) {
          if (!(wrong instanceof Problem && wrong.status === 0) || failed > 20) throw wrong;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["conversation", id] });
      void queries.invalidateQueries({ queryKey: ["conversations"] });
      done();
    },
  });
}

/** The end stays in sight while one is there. */
function useEnd(changes: unknown[]) {
  const end = useRef<HTMLDivElement>(null);
  const seen = useRef(true);
  const watched = useCallback((node: HTMLDivElement | null) => {
    end.current = node;
    if (!node) return;
    const watch = new IntersectionObserver(([entry]) => (seen.current = Boolean(entry?.isIntersecting)), { rootMargin: "0px 0px 160px 0px" });
    watch.observe(node);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (seen.current) end.current?.scrollIntoView({ block: "end" });
  }, changes);
  return watched;
}
