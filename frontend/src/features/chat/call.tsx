// One use of a tool: its name and state, and folded what it was given and gave.
import { Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";
import { duration } from "@/lib/format";
import { Json, Status } from "@/ui";
import type { Call } from "./queries";

export function CallCard({ call }: { call: Call }) {
  const { t } = useTranslation();
  return (
    <details className="rounded-md border bg-panel text-sm open:pb-3">
      <summary className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-3 py-1.5 hover:bg-hover">
        <Wrench aria-hidden size={14} className="shrink-0 text-muted" />
        <span className="min-w-0 truncate font-mono">{call.name}</span>
        <Status value={call.status} />
        {call.seconds && <span className="ms-auto text-muted">{duration(call.seconds)}</span>}
      </summary>
      <div className="flex flex-col gap-2 px-3 pt-2">
        <Part title={t("chat.arguments")} value={pretty(call.arguments)} />
        {call.status === "done" && call.result !== undefined && <Part title={t("chat.result")} value={call.result} />}
        {call.result_file && (
          <a href={`/api/v1/files/${call.result_file}/content`} download className="text-accent underline">
            {t("chat.wholeResult")}
          </a>
        )}
        {call.error && (
          <p role="note" className="text-failed">
            {call.error.message} {call.error.hint}
          </p>
        )}
      </div>
    </details>
  );
}

function Part({ title, value }: { title: string; value: unknown }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-muted">{title}</span>
      <Json value={value} />
    </div>
  );
}

/** Arguments as the model wrote them, laid out where they are JSON. */
function pretty(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
