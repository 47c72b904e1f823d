// Ways to begin, and what a new workspace has not done yet. A way is shown once its page is there.
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { CircleCheck, CircleDashed, KeyRound, MessageSquare, Workflow, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { approvalsQuery } from "@/features/approvals/queries";
import { runsQuery } from "@/features/runs/queries";
import { Button } from "@/ui";

const WAYS = [
  { name: "chat", to: "/chat", icon: MessageSquare },
  { name: "workflow", to: "/workflows", icon: Workflow },
  { name: "key", to: "/models", icon: KeyRound },
] as const;

export function Cards() {
  const { t } = useTranslation();
  const there = usePlaces();
  const ways = WAYS.filter(({ to }) => there(to));
  if (!ways.length) return null;
  return (
    <ul className="grid gap-3 sm:grid-cols-3">
      {ways.map(({ name, to, icon: Icon }) => (
        <li key={name}>
          <Link to={to as "/"} className="flex h-full flex-col gap-1 rounded-lg border bg-panel p-4 hover:bg-hover">
            <Icon aria-hidden size={18} className="text-accent" />
            <span className="font-semibold">{t(`home.ways.${name}.title`)}</span>
            <span className="text-muted">{t(`home.ways.${name}.hint`)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function usePlaces(): (path: string) => boolean {
  const { routesByPath } = useRouter();
  return (path) => path in routesByPath;
}

const KEY = "troupe.checklist";

export function Checklist() {
  const { t } = useTranslation();
  const there = usePlaces();
  const [gone, setGone] = useState(() => localStorage.getItem(KEY) === "gone");
  const done = useDone(!gone);
  if (gone || !done || done.every(({ is }) => is)) return null;
  const dismiss = () => {
    localStorage.setItem(KEY, "gone");
    setGone(true);
  };
  return (
    <section className="flex flex-col gap-2 rounded-lg border bg-panel p-4">
      <div className="flex items-center justify-between gap-2">
        <h2 className="font-semibold">{t("home.checklist")}</h2>
        <Button kind="quiet" aria-label={t("home.dismiss")} className="px-2" onClick={dismiss}>
          <X aria-hidden size={16} />
        </Button>
      </div>
      <ol>
        {done.map(({ name, is, to }) => {
          const Icon = is ? CircleCheck : CircleDashed;
          return (
            <li key={name} className="flex min-h-8 items-center gap-2">
              <Icon aria-hidden size={16} className={is ? "text-done" : "text-muted"} />
              <span className="sr-only">{t(is ? "status.done" : "status.pending")}</span>
              {is || !there(to) ? <span className={is ? "text-muted" : ""}>{t(`home.steps.${name}`)}</span> : (
                <Link to={to as "/"} className="text-accent underline">{t(`home.steps.${name}`)}</Link>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The four first steps, and which of them have been taken; undefined until that is known. */
function useDone(enabled: boolean) {
  const runs = useQuery({ ...runsQuery({}, 8), enabled });
  const approved = useQuery({ ...approvalsQuery("approved"), enabled, refetchInterval: false });
  const refused = useQuery({ ...approvalsQuery("refused"), enabled, refetchInterval: false });
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => body(api.GET("/api/v1/providers")), enabled });
  const budgets = useQuery({ queryKey: ["budgets"], queryFn: () => body(api.GET("/api/v1/budgets")), enabled });
  if (!runs.data || !approved.data || !refused.data || !providers.data || !budgets.data) return undefined;
  return [
    { name: "run", is: runs.data.items.length > 0, to: "/runs" },
    { name: "decide", is: approved.data.items.length + refused.data.items.length > 0, to: "/approvals" },
    { name: "key", is: providers.data.items.some(({ has_key }) => has_key), to: "/models" },
    { name: "budget", is: budgets.data.items.length > 0, to: "/settings" },
  ] as const;
}
