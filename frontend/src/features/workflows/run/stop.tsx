import { useTranslation } from "react-i18next";
import { type Run, useAct, verbs } from "@/api/runs";
import { Button } from "@/ui";

export function Stop({ run }: { run: Run }) {
  const { t } = useTranslation();
  const stop = useAct(run.id, () => verbs(run.id).terminate({ reason: t("studio.stopped") }));
  return (
    <Button kind="danger" disabled={stop.isPending} onClick={() => stop.mutate(undefined)}>
      {t("studio.stop")}
    </Button>
  );
}
