// What the agent made of a message: its words, its tools, what it waits for, and what it took.
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { memo, use, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration, money } from "@/lib/format";
import { Button, Status } from "@/ui";
import { Text } from "@/ui/markdown";
import { CallCard } from "./call";
import { merged } from "./live";
import { isOpen, type Message, type Turn } from "./queries";
import { ApprovalSlot, KeySlot } from "./slots";
import type { Following } from "./use-live";

export function AnswerView({ message, live, onRetry }: { message: Message; live: Following; onRetry: () => void }) {
  const ApprovalCard = use(ApprovalSlot);
  const mine = live.run === message.run_id;
  const open = isOpen(message);
  const kept = message.answer.turns ?? [];
  const turns = open && mine ? merged(kept, live.turns) : kept;
  const shown = new Set(turns.flatMap((turn) => turn.calls?.map((call) => call.approval_id)));
  const others = open && mine ? live.waits.filter(({ id }) => !shown.has(id)) : [];
  const thinking = open && !others.length && !turns.some((turn) => turn.text || turn.calls?.length);
  return (
    <div className="flex min-w-0 flex-col gap-3" aria-live="polite" aria-busy={open}>
      {turns.map((turn) => (
        <TurnView key={turn.number} turn={turn} onDecided={live.goOn} />
      ))}
      {others.map((wait) =>
        wait.reason === "tool_call" ? (
          <ApprovalCard key={wait.id} id={wait.id} onDecided={live.goOn} />
        ) : (
          <p key={wait.id} className="flex flex-wrap items-center gap-2">
            <Status value="review" />
            {wait.message}
            <RunLink id={message.run_id} />
          </p>
        ),
      )}
      {thinking && <Status value={message.status === "queued" ? "queued" : "running"} />}
      {message.answer.error && (
        <p role="note" className="flex flex-col gap-1 rounded-md border border-failed/40 bg-panel p-3">
          <span>{message.answer.error.message}</span>
          {message.answer.error.hint && <span className="text-muted">{message.answer.error.hint}</span>}
        </p>
      )}
      {!open && <Foot message={message} onRetry={onRetry} />}
    </div>
  );
}

const TurnView = memo(function TurnView({ turn, onDecided }: { turn: Turn; onDecided: () => void }) {
  const { t } = useTranslation();
  const ApprovalCard = use(ApprovalSlot);
  return (
    <>
      {turn.text && <Text of={turn.text} />}
      {turn.partial && <p className="text-sm text-muted">{t("chat.partial")}</p>}
      {turn.calls?.map((call) => (
        <div key={call.id} className="flex flex-col gap-2">
          <CallCard call={call} />
          {call.approval_id && call.status === "waiting" && <ApprovalCard id={call.approval_id} onDecided={onDecided} />}
        </div>
      ))}
    </>
  );
});

function Foot({ message, onRetry }: { message: Message; onRetry: () => void }) {
  const { t } = useTranslation();
  const KeyForm = use(KeySlot);
  const [keying, setKeying] = useState(false);
  const { usage, model } = message.answer;
  if (keying) return <KeyForm onKept={() => (setKeying(false), onRetry())} onCancel={() => setKeying(false)} />;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      {message.status !== "done" && <Status value={message.status} />}
      {model?.startsWith("demo/") ? <Demo addKey={() => setKeying(true)} /> : model && <span>{model}</span>}
      {usage && usage.cost_usd > 0 && <span>{money(usage.cost_usd)}</span>}
      {usage && usage.seconds > 0 && <span>{duration(usage.seconds)}</span>}
      <RunLink id={message.run_id} />
      <Button kind="quiet" className="min-h-7 px-2 text-sm" onClick={onRetry}>
        <RotateCcw aria-hidden size={13} />
        {t("chat.retry")}
      </Button>
    </p>
  );
}

function RunLink({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Link to="/runs/$id" params={{ id }} className="underline hover:text-ink">
      {t("chat.run")}
    </Link>
  );
}

function Demo({ addKey }: { addKey: () => void }) {
  const { t } = useTranslation();
  return (
    <span>
      {t("chat.demo")}{" "}
      <button type="button" onClick={addKey} className="min-h-7 text-accent underline">
        {t("chat.addKey")}
      </button>
    </span>
  );
}
