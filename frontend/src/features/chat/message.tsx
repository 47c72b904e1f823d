// What a person said, with what stands beside it, and the answer below.
import { ChevronLeft, ChevronRight, Paperclip, Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Ago, Button, input } from "@/ui";
import { AnswerView } from "./answer";
import { isOpen, type Message } from "./queries";
import type { Place } from "./tree";
import type { Following } from "./use-live";

interface Props {
  place: Place;
  live: Following;
  choose: (message: string) => void;
  onEdit: (message: Message, text: string) => void;
  onRetry: (message: Message) => void;
}

export function MessageView({ place: { message, beside }, live, choose, onEdit, onRetry }: Props) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  return (
    <article className="flex flex-col gap-4" aria-label={t("chat.message", { number: message.number })}>
      <div className="flex max-w-[85%] flex-col items-end gap-1 self-end">
        {editing ? (
          <Edit text={message.text} onSave={(text) => (setEditing(false), onEdit(message, text))} onClose={() => setEditing(false)} />
        ) : (
          <div className="rounded-lg bg-tint px-4 py-2 whitespace-pre-wrap wrap-anywhere">{message.text}</div>
        )}
        {message.attachments.map((file) => (
          <a key={String(file.$file)} href={`/api/v1/files/${String(file.$file)}/content`} download className="flex items-center gap-1.5 text-sm text-muted underline">
            <Paperclip aria-hidden size={13} />
            {String(file.name ?? file.$file)}
          </a>
        ))}
        <div className="flex flex-wrap items-center justify-end gap-1 text-sm text-muted">
          <Ago at={message.created_at} />
          {beside.length > 1 && <Beside message={message} all={beside} choose={choose} />}
          {!editing && !isOpen(message) && (
            <Small label={t("chat.edit")} onClick={() => setEditing(true)}>
              <Pencil aria-hidden size={13} />
            </Small>
          )}
        </div>
      </div>
      <AnswerView message={message} live={live} onRetry={() => onRetry(message)} />
    </article>
  );
}

function Beside({ message, all, choose }: { message: Message; all: Message[]; choose: (id: string) => void }) {
  const { t } = useTranslation();
  const at = all.findIndex(({ id }) => id === message.id);
  const before = all[at - 1];
  const after = all[at + 1];
  return (
    <span className="flex items-center">
      <Small label={t("chat.earlier")} disabled={!before} onClick={() => before && choose(before.id)}>
        <ChevronLeft aria-hidden size={14} />
      </Small>
      {t("chat.ofAll", { at: at + 1, all: all.length })}
      <Small label={t("chat.later")} disabled={!after} onClick={() => after && choose(after.id)}>
        <ChevronRight aria-hidden size={14} />
      </Small>
    </span>
  );
}

function Small({ label, ...rest }: { label: string; disabled?: boolean; onClick: () => void; children: React.ReactNode }) {
  return <Button kind="quiet" aria-label={label} title={label} className="min-h-7 min-w-7 px-1" {...rest} />;
}

function Edit({ text, onSave, onClose }: { text: string; onSave: (text: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [now, setNow] = useState(text);
  return (
    <form
      className="flex w-[min(36rem,80vw)] flex-col gap-2"
      onSubmit={(event) => (event.preventDefault(), now.trim() && onSave(now))}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <textarea autoFocus aria-label={t("chat.edit")} rows={3} className={`${input} field-sizing-content max-h-80`} value={now} onChange={(event) => setNow(event.target.value)} />
      <div className="flex justify-end gap-2">
        <Button type="button" kind="quiet" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button type="submit" kind="primary">
          {t("chat.sendEdited")}
        </Button>
      </div>
    </form>
  );
}
