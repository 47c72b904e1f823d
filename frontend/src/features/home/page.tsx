import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { RunTable } from "@/features/runs/list";
import { runsQuery } from "@/features/runs/queries";
import { Failure, Head, Skeleton } from "@/ui";

export function Home() {
  const { t } = useTranslation();
  const runs = useQuery(runsQuery({}, 8));
  return (
    <>
      <Head title={t("home.title")} />
      <h2 className="px-4 pb-2 font-semibold md:px-6">{t("home.recent")}</h2>
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data && (runs.data.items.length ? <RunTable runs={runs.data.items} /> : <p className="px-4 text-muted md:px-6">{t("home.noRuns")}</p>)}
    </>
  );
}
