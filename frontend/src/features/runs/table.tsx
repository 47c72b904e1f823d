import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { money } from "@/lib/format";
import { Ago, Status } from "@/ui";
import { nameOf, tookOf } from "./names";
import type { Run } from "@/api/runs";

const GRID = "grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 text-sm sm:grid-cols-[minmax(0,1fr)_9rem_8rem_6rem_5rem]";

export function RunHead({ picks = false }: { picks?: boolean }) {
  const { t } = useTranslation();
  return (
    <div aria-hidden className={`${GRID} h-[36px] border-b font-medium text-muted ${picks ? "ps-8" : ""}`}>
      <span>{t("runs.of")}</span>
      <span>{t("runs.status")}</span>
      <span className="hidden sm:block">{t("runs.started")}</span>
      <span className="hidden text-end sm:block">{t("runs.took")}</span>
      <span className="hidden text-end sm:block">{t("runs.cost")}</span>
    </div>
  );
}

/** A run in one line, that leads to it. */
export function RunLine({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <Link to="/runs/$id" params={{ id: run.id }} className={`${GRID} h-[36px] border-b hover:bg-hover`}>
      <span className="truncate font-medium">
        {nameOf(run) ?? t("runs.text")}
        {run.dry_run && <span className="ms-2 font-normal text-muted">{t("runs.dry")}</span>}
      </span>
      <Status value={run.status} />
      <span className="hidden truncate text-muted sm:block">
        <Ago at={run.created_at} />
      </span>
      <span className="hidden text-end text-muted sm:block">{tookOf(run)}</span>
      <span className="hidden text-end text-muted sm:block">{run.usage.cost_usd ? money(run.usage.cost_usd) : ""}</span>
    </Link>
  );
}
