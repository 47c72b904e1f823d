// Where one writes: Enter sends, files come by button, by drop and by paste; while an answer is under way a message waits or interrupts.
import { useMutation } from "@tanstack/react-query";
import { ArrowUp, Paperclip, Square, X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, input } from "@/ui";
import { type Busy, type Kept, upload } from "./queries";

export interface Saying {
  text: string;
  attachments: { $file: string }[];
  when_busy?: Busy;
}

interface Props {
  conversation: string;
  busy: boolean;
  files: Files;
  send: (what: Saying) => Promise<unknown>;
  stop: () => void;
}

export type Files = ReturnType<typeof useFiles>;

/** Files that will go with the next message. */
export function useFiles() {
  const [kept, setKept] = useState<Kept[]>([]);
  const add = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) {
        const made = await upload(file);
        setKept((were) => [...were, made]);
      }
    },
  });
  const remove = (id: string) => setKept((were) => were.filter((file) => file.id !== id));
  return { kept, add, remove, clear: () => setKept([]) };
}

export function Composer({ conversation, busy, files, send, stop }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useKept(`troupe.say.${conversation}`);
  const picker = useRef<HTMLInputElement>(null);
  const say = useMutation({
    mutationFn: (when_busy: Busy | undefined) => send({ text, attachments: files.kept.map(({ id }) => ({ $file: id })), when_busy }),
    onSuccess: () => {
      setText("");
      files.clear();
    },
  });
  const ready = text.trim() !== "" && !say.isPending && !files.add.isPending;
  const go = (how?: Busy) => ready && say.mutate(how ?? (busy ? "queue" : undefined));
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    go();
  };
  const paste = (event: ClipboardEvent) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    files.add.mutate([...event.clipboardData.files]);
  };
  return (
    <form className="sticky bottom-0 z-10 flex flex-col gap-2 bg-page pt-2 pb-4" onSubmit={(event) => (event.preventDefault(), go())}>
      {(say.error ?? files.add.error) && <Failure of={say.error ?? files.add.error} />}
      <div className="flex flex-col gap-2 rounded-lg border bg-panel p-2">
        <Chips files={files} />
        <textarea
          aria-label={t("chat.say")}
          placeholder={busy ? t("chat.sayMore") : t("chat.say")}
          rows={1}
          className="field-sizing-content max-h-60 w-full resize-none bg-transparent px-2 py-1 placeholder:text-muted"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={press}
          onPaste={paste}
        />
        <div className="flex items-center gap-2">
          <input ref={picker} type="file" multiple hidden onChange={(event) => (files.add.mutate([...(event.target.files ?? [])]), (event.target.value = ""))} />
          <Button type="button" kind="quiet" aria-label={t("chat.attach")} title={t("chat.attach")} className="px-2" onClick={() => picker.current?.click()}>
            <Paperclip aria-hidden size={16} />
          </Button>
          <span className="flex-1" />
          {busy && (
            <Button type="button" onClick={stop}>
              <Square aria-hidden size={13} />
              {t("chat.stop")}
            </Button>
          )}
          {busy && text.trim() !== "" && (
            <Button type="button" disabled={!ready} onClick={() => go("interrupt")}>
              {t("chat.interrupt")}
            </Button>
          )}
          <Button type="submit" kind="primary" disabled={!ready} aria-label={busy ? t("chat.queue") : t("chat.send")} title={busy ? t("chat.queue") : t("chat.send")} className="px-2">
            <ArrowUp aria-hidden size={16} />
            {busy && <span className="hidden sm:inline">{t("chat.queue")}</span>}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** What is being written outlives a visit to another page. */
function useKept(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  return [text, (next) => (setText(next), next ? sessionStorage.setItem(key, next) : sessionStorage.removeItem(key))];
}

function Chips({ files }: { files: Files }) {
  const { t } = useTranslation();
  if (!files.kept.length && !files.add.isPending) return null;
  return (
    <ul className="flex flex-wrap gap-2 px-1">
      {files.kept.map(({ id, name }) => (
        <li key={id} className={`${input} flex w-auto! max-w-full items-center gap-2`}>
          <span className="truncate">{name}</span>
          <button type="button" aria-label={t("chat.detach", { name })} className="min-h-7 min-w-7" onClick={() => files.remove(id)}>
            <X aria-hidden size={14} className="mx-auto" />
          </button>
        </li>
      ))}
      {files.add.isPending && <li className="animate-pulse py-1 text-muted">{t("chat.uploading")}</li>}
    </ul>
  );
}
