// The name of a conversation, to change in place; and to remove it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Failure, input } from "@/ui";
import { Confirm } from "@/ui/confirm";
import { type Conversation, conversationQuery } from "./queries";

export function ConversationHead({ conversation, children }: { conversation: Conversation; children: ReactNode }) {
  const { t } = useTranslation();
  const { id, agent } = conversation;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [doing, setDoing] = useState<"" | "rename" | "remove">("");
  const params = { path: { id } };
  const refresh = () => queries.invalidateQueries({ queryKey: ["conversations"] });
  const rename = useMutation({
    mutationFn: (title: string) => body(api.PATCH("/api/v1/conversations/{id}", { params, body: { title } })),
    onSuccess: (now) => (setDoing(""), queries.setQueryData(conversationQuery(id).queryKey, now), refresh()),
  });
  const remove = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/conversations/{id}", { params })),
    onSuccess: () => (void refresh(), navigate({ to: "/chat" })),
  });
  return (
    <header className="sticky top-[45px] z-10 flex min-h-14 flex-wrap items-center gap-2 border-b bg-page px-4 py-2 md:top-0 md:px-6">
      {children}
      {doing === "rename" ? (
        <form
          className="flex min-w-0 flex-1 gap-2"
          onSubmit={(event) => (event.preventDefault(), rename.mutate(String(new FormData(event.currentTarget).get("title"))))}
          onKeyDown={(event) => event.key === "Escape" && setDoing("")}
        >
          <input autoFocus name="title" aria-label={t("chat.rename")} defaultValue={conversation.title} maxLength={200} className={input} />
          <Button type="submit">{t("common.save")}</Button>
        </form>
      ) : (
        <div className="min-w-0 flex-1">
          <h1 className="truncate font-semibold">{conversation.title || t("chat.untitled")}</h1>
          <Link to="/agents/$id" params={{ id: agent.id }} className="block truncate text-sm text-muted hover:underline">
            {agent.ref}
          </Link>
        </div>
      )}
      <Button kind="quiet" className="px-2" aria-label={t("chat.rename")} title={t("chat.rename")} onClick={() => setDoing("rename")}>
        <Pencil aria-hidden size={15} />
      </Button>
      <Button kind="quiet" className="px-2" aria-label={t("chat.remove")} title={t("chat.remove")} onClick={() => setDoing("remove")}>
        <Trash2 aria-hidden size={15} />
      </Button>
      {doing === "remove" && (
        <Confirm question={t("chat.removeSure")} action={t("chat.remove")} busy={remove.isPending} onYes={() => remove.mutate()} onNo={() => setDoing("")} />
      )}
      {(rename.error ?? remove.error) && <Failure of={rename.error ?? remove.error} />}
    </header>
  );
}
