// The small parts that every page is made of. Looks are decided here; pages say what, not how.
import { Button as Base } from "@base-ui/react/button";
import {
  CircleAlert, CircleCheck, CircleDashed, CircleHelp, CircleMinus, CircleX, Clock, LoaderCircle, type LucideIcon, UserRound,
} from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { ago, moment } from "@/lib/format";

type Kind = "primary" | "plain" | "quiet" | "danger";
const KINDS: Record<Kind, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-95",
  plain: "bg-panel hover:bg-hover",
  quiet: "border-transparent hover:bg-hover",
  danger: "bg-panel text-failed hover:bg-hover",
};

export function Button({ kind = "plain", className = "", ...rest }: ComponentProps<typeof Base> & { kind?: Kind }) {
  return (
    <Base
      className={`inline-flex min-h-8 items-center justify-center gap-2 rounded-md border px-3 font-medium whitespace-nowrap transition-colors duration-150 disabled:opacity-50 ${KINDS[kind]} ${className}`}
      {...rest}
    />
  );
}

const STATES: Record<string, [LucideIcon, string]> = {
  queued: [CircleDashed, "text-muted"],
  pending: [CircleDashed, "text-muted"],
  running: [LoaderCircle, "text-running"],
  waiting: [Clock, "text-review"],
  review: [UserRound, "text-review"],
  completed: [CircleCheck, "text-done"],
  done: [CircleCheck, "text-done"],
  approved: [CircleCheck, "text-done"],
  connected: [CircleCheck, "text-done"],
  failed: [CircleX, "text-failed"],
  refused: [CircleX, "text-failed"],
  stopped: [CircleMinus, "text-muted"],
  terminated: [CircleMinus, "text-muted"],
  skipped: [CircleMinus, "text-skipped"],
  expired: [CircleMinus, "text-muted"],
  cancelled: [CircleMinus, "text-muted"],
  unknown: [CircleHelp, "text-unknown"],
};

/** Icon, word and colour together: none of them alone says it. */
export function Status({ value }: { value: string }) {
  const { t } = useTranslation();
  const [Icon, colour] = STATES[value] ?? [CircleHelp, "text-muted"];
  return (
    <span className={`inline-flex items-center gap-1.5 ${colour}`}>
      <Icon aria-hidden size={15} className={value === "running" ? "animate-spin" : ""} />
      {t(`status.${value}` as "status.running")}
    </span>
  );
}

const MARKS: Record<string, string> = { pure: "·", read: "◔", idempotent: "◑", once: "●" };

/** `mark`: the sign alone, where there is no room for the word. */
export function Effect({ value, mark = false }: { value: string; mark?: boolean }) {
  const { t } = useTranslation();
  const said = t(`effect.${value}` as "effect.once");
  return (
    <span title={said} className="text-muted">
      <span aria-hidden className="me-1 inline-block w-3 text-center">{MARKS[value] ?? "?"}</span>
      <span className={mark ? "sr-only" : ""}>{value}</span>
    </span>
  );
}

export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return null;
  return (
    <time dateTime={at} title={moment(at)} className="whitespace-nowrap">
      {ago(at)}
    </time>
  );
}

/** The head of a page: where we are, and what can be done here. */
export function Head({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex min-h-14 flex-wrap items-center gap-3 px-4 py-2 md:px-6">
      <h1 className="min-w-48 flex-1 truncate text-xl font-semibold">{title}</h1>
      {children}
    </header>
  );
}

/** An empty place: what will be here, and the one thing to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-4 py-16 text-center">
      <p className="font-medium">{title}</p>
      <div className="flex flex-col items-center gap-3 text-muted">{children}</div>
    </div>
  );
}

export function Skeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("common.loading")} className="flex flex-col gap-2 px-4 py-2 md:px-6">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="h-7 animate-pulse rounded-md bg-hover" />
      ))}
    </div>
  );
}

/** What happened, where, and what to do next. */
export function Failure({ of, retry }: { of: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const known = of instanceof Problem ? of : null;
  return (
    <div role="alert" className="m-4 flex flex-col gap-2 rounded-lg border border-failed/40 bg-panel p-4 md:m-6">
      <p className="flex items-center gap-2 font-medium">
        <CircleAlert aria-hidden size={16} className="text-failed" />
        {of instanceof Error ? of.message : String(of)}
      </p>
      {known?.hint && <p className="text-muted">{known.hint}</p>}
      {known && known.errors.length > 0 && (
        <ul className="flex list-disc flex-col gap-1 ps-5">
          {known.errors.map((one) => (
            <li key={one.path + one.message} className="wrap-anywhere">
              <code className="font-mono text-sm">{one.path}</code> {one.message} <span className="text-muted">{one.hint}</span>
            </li>
          ))}
        </ul>
      )}
      {known?.trace && <p className="font-mono text-sm text-muted">{t("common.trace", { id: known.trace })}</p>}
      {retry && (
        <div>
          <Button onClick={retry}>{t("common.retry")}</Button>
        </div>
      )}
    </div>
  );
}

/** A value as people can read it. Text stays text: nothing in it is ever taken for a page of its own. */
export function Json({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <pre tabIndex={0} className="max-h-96 overflow-auto rounded-md border bg-page p-3 font-mono text-sm whitespace-pre-wrap wrap-anywhere">
      {text}
    </pre>
  );
}

export function Field({ label, hint, error, children }: { label: string; hint?: string; error?: string; children: ReactNode }) {
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium">{label}</span>
      {children}
      {error ? <span className="text-sm text-failed">{error}</span> : hint && <span className="text-sm text-muted">{hint}</span>}
    </label>
  );
}

export const input = "min-h-8 w-full rounded-md border bg-panel px-2.5 py-1 placeholder:text-muted";

/** Names and values, side by side. */
export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1.5">
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
