import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Failure, Skeleton } from "@/ui";
import { healthQuery } from "./queries";

export function Health() {
  const { t } = useTranslation();
  const health = useQuery(healthQuery);
  return (
    <section className="flex flex-col gap-3">
      <h2 className="font-semibold">{t("settings.health.title")}</h2>
      {health.error && <Failure of={health.error} retry={() => void health.refetch()} />}
      {health.isPending && <Skeleton rows={2} />}
      {health.data && (
        <>
          <p className="text-muted">{t("settings.health.version", { version: health.data.version })}</p>
          <ul>
            {health.data.dependencies.map(({ name, ok, ms, detail }) => (
              <li key={name} className="flex min-h-[36px] flex-wrap items-center gap-x-4 border-b py-1.5">
                <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
                {detail && <span className="text-sm text-muted wrap-anywhere">{detail}</span>}
                <span className="text-sm text-muted">{`${Math.round(ms * 10) / 10} ms`}</span>
                <Well ok={ok} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Well({ ok }: { ok: boolean }) {
  const { t } = useTranslation();
  const Icon = ok ? CircleCheck : CircleX;
  return (
    <span className={`inline-flex items-center gap-1.5 ${ok ? "text-done" : "text-failed"}`}>
      <Icon aria-hidden size={15} />
      {t(ok ? "settings.health.well" : "settings.health.ill")}
    </span>
  );
}
