// Conversations, newest first.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Ago, Button, Failure, Skeleton } from "@/ui";
import { conversationsQuery } from "./queries";

export function ConversationList({ agent }: { agent?: string }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(conversationsQuery(agent));
  if (found.error) return <Failure of={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton rows={4} />;
  const all = found.data.pages.flatMap(({ items }) => items);
  return (
    <ul className="flex flex-col gap-0.5 px-2 pb-4">
      {!all.length && <li className="px-2 py-3 text-muted">{t("chat.none")}</li>}
      {all.map((one) => (
        <li key={one.id}>
          <Link
            to="/chat/$conversation"
            params={{ conversation: one.id }}
            search={{ agent }}
            className="flex min-h-11 flex-col justify-center rounded-md px-2 py-1.5 hover:bg-hover data-[status=active]:bg-hover data-[status=active]:font-medium"
          >
            <span className="truncate">{one.title || t("chat.untitled")}</span>
            <span className="flex gap-2 text-sm font-normal text-muted">
              <span className="min-w-0 flex-1 truncate">{one.agent.ref}</span>
              <Ago at={one.created_at} />
            </span>
          </Link>
        </li>
      ))}
      {found.hasNextPage && (
        <li>
          <Button kind="quiet" className="w-full" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("chat.more")}
          </Button>
        </li>
      )}
    </ul>
  );
}
