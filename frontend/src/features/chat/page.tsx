// Chat: conversations to the left, one of them, or whom to begin with, to the right. On a phone one at a time.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Failure, Head, Skeleton } from "@/ui";
import { ConversationHead } from "./head";
import { ConversationList } from "./list";
import { type Conversation, conversationQuery } from "./queries";
import { Start } from "./start";
import { Thread } from "./thread";

export function Chat() {
  const { t } = useTranslation();
  const { agent } = useSearch({ from: "/chat" });
  const navigate = useNavigate();
  const open = ({ id }: Conversation) => void navigate({ to: "/chat/$conversation", params: { conversation: id }, search: { agent } });
  return (
    <div className="flex flex-col md:flex-row">
      <div className="order-2 min-w-0 flex-1 md:order-2">
        <div className="hidden md:block">
          <Head title={t("chat.title")} />
        </div>
        <Start onStarted={open} />
      </div>
      <Side agent={agent} />
    </div>
  );
}

export function ConversationPage() {
  const { conversation: id } = useParams({ from: "/chat/$conversation" });
  const search = useSearch({ from: "/chat/$conversation" });
  const navigate = useNavigate({ from: "/chat/$conversation" });
  const conversation = useQuery(conversationQuery(id));
  return (
    <div className="flex">
      <Side agent={search.agent} className="hidden lg:flex" />
      <div className="order-2 flex min-h-[calc(100dvh-3rem)] min-w-0 flex-1 flex-col md:min-h-dvh">
        {conversation.error && <Failure of={conversation.error} retry={() => void conversation.refetch()} />}
        {conversation.isPending && <Skeleton />}
        {conversation.data && (
          <>
            <ConversationHead key={`head-${id}`} conversation={conversation.data}>
              <Back />
            </ConversationHead>
            <Thread key={id} conversation={conversation.data} at={search.at} choose={(at) => void navigate({ search: { ...search, at }, replace: true })} />
          </>
        )}
      </div>
    </div>
  );
}

function Back() {
  const { t } = useTranslation();
  return (
    <Link to="/chat" aria-label={t("chat.all")} title={t("chat.all")} className="flex min-h-8 min-w-8 items-center justify-center rounded-md hover:bg-hover lg:hidden">
      <ArrowLeft aria-hidden size={16} className="rtl:-scale-x-100" />
    </Link>
  );
}

function Side({ agent, className = "flex" }: { agent?: string; className?: string }) {
  const { t } = useTranslation();
  return (
    <section aria-label={t("chat.conversations")} className={`order-3 flex-col md:sticky md:top-0 md:order-1 md:h-dvh md:w-64 md:shrink-0 md:overflow-y-auto md:border-e ${className}`}>
      <div className="flex min-h-14 items-center justify-between ps-4 pe-2">
        <h2 className="font-semibold">{t("chat.conversations")}</h2>
        <Link to="/chat" search={{ agent }} aria-label={t("chat.new")} title={t("chat.new")} className="flex min-h-8 min-w-8 items-center justify-center rounded-md hover:bg-hover">
          <Plus aria-hidden size={16} />
        </Link>
      </div>
      <ConversationList agent={agent} />
    </section>
  );
}
