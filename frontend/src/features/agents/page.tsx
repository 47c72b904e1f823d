// One agent: written as a form and as text, its versions, its figures, and a chat to try it in.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { type ComponentType, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Head, Skeleton } from "@/ui";
import { Versions } from "@/ui/versions";
import { useDraft } from "@/lib/draft";
import { FiguresView } from "./figures";
import { type Agent, agentQuery, type TryProps } from "./queries";
import { Write } from "./write";

const TABS = ["write", "versions", "figures"] as const;

export function AgentPage({ TryOut }: { TryOut: ComponentType<TryProps> }) {
  const { id } = useParams({ from: "/agents/$id" });
  const agent = useQuery(agentQuery(id));
  if (agent.error) return <Failure of={agent.error} retry={() => void agent.refetch()} />;
  if (!agent.data) return <Skeleton />;
  return <Shown key={id} agent={agent.data} TryOut={TryOut} />;
}

function Shown({ agent, TryOut }: { agent: Agent; TryOut: ComponentType<TryProps> }) {
  const { t } = useTranslation();
  const search = useSearch({ from: "/agents/$id" });
  const navigate = useNavigate({ from: "/agents/$id" });
  const draft = useDraft(`agent.${agent.id}`, { version: agent.version, text: agent.text ?? "" });
  const tab = TABS.find((one) => one === search.tab) ?? "write";
  const go = (change: Record<string, string | undefined>) => void navigate({ search: { ...search, ...change } });
  return (
    <div className="flex flex-col xl:flex-row">
      <div className="min-w-0 flex-1">
        <Head title={agent.title || agent.name}>
          <Button aria-pressed={Boolean(search.chat)} onClick={() => go({ chat: search.chat ? undefined : "new" })}>
            <MessagesSquare aria-hidden size={15} />
            {t("agents.try")}
          </Button>
        </Head>
        <nav aria-label={t("agents.parts")} className="flex gap-1 overflow-x-auto border-b px-4 md:px-6">
          {TABS.map((one) => (
            <button key={one} type="button" aria-current={one === tab ? "page" : undefined} onClick={() => go({ tab: one })} className="min-h-9 border-b-2 border-transparent px-3 text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink">
              {t(`agents.tabs.${one}`)}
            </button>
          ))}
        </nav>
        {tab === "write" && <Write agent={agent} draft={draft} />}
        {tab === "versions" && <Versions kind="agent" of={agent} from={Number(search.from) || undefined} to={Number(search.to) || undefined} go={go} takeUp={(text) => (draft.write(text), go({ tab: "write" }))} />}
        {tab === "figures" && <FiguresView agent={agent} days={Number(search.days) || 7} go={go} />}
      </div>
      <Suspense fallback={<Skeleton rows={3} />}>
        {search.chat && <TryOut agent={agent} chat={search.chat} at={search.at} unsaved={draft.unsaved} go={go} />}
      </Suspense>
    </div>
  );
}
