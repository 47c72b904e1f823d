// Saving, and what to do when somebody was faster.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { Button, Failure } from "@/ui";
import { TextDiff } from "@/ui/text-diff";
import { useStudio } from "./state";

export function SaveBar() {
  const { t } = useTranslation();
  const studio = useStudio();
  const navigate = useNavigate({ from: "/workflows/$id" });
  const { id, version, unsaved, problems, checked, wrong, conflict, mayWrite } = studio;
  const save = useMutation({
    mutationFn: studio.save,
    onSuccess: (kept) => id === null && navigate({ to: "/workflows/$id", params: { id: kept.id }, search: (now) => ({ ...now, name: undefined, template: undefined }), replace: true }),
  });
  const can = mayWrite && (unsaved || id === null) && !wrong && !(checked && problems.length) && !save.isPending && !conflict;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      if (can) save.mutate();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  const told = save.error && !(save.error instanceof Problem && save.error.code === "stale_version");
  return (
    <>
      <span role="status" className="text-sm text-muted">
        {id === null ? t("workflows.notYet") : t("definition.versionNow", { version })}
        {unsaved && id !== null && ` · ${t("workflows.unsaved")}`}
      </span>
      {mayWrite && unsaved && id !== null && !conflict && <Button kind="quiet" onClick={() => (save.reset(), studio.drop())}>{t("workflows.drop")}</Button>}
      {mayWrite && <Button kind="primary" title={t("workflows.saveKey")} disabled={!can} onClick={() => save.mutate()}>{id === null ? t("workflows.saveFirst") : t("workflows.save", { version: version + 1 })}</Button>}
      {conflict && <Conflict again={() => (studio.rebase(), problems.length || wrong ? undefined : save.mutate())} />}
      {studio.elsewhere && !conflict && <p role="status" className="w-full text-sm text-review">{t("workflows.elsewhere")}</p>}
      {told && <div className="w-full"><Failure of={save.error} /></div>}
    </>
  );
}

/** Both texts, and which of them goes on. The other one is a step of undo, or a version. */
function Conflict({ again }: { again: () => void }) {
  const { t } = useTranslation();
  const { conflict, text, drop } = useStudio();
  if (!conflict) return null;
  return (
    <section aria-label={t("workflows.conflict")} className="flex w-full flex-col gap-2 rounded-lg border border-review/50 bg-page p-3">
      <p role="alert" className="text-review">{t("workflows.conflictSays", { base: conflict.base, version: conflict.version })}</p>
      <details open>
        <summary className="min-h-8 py-1.5 text-sm">{t("workflows.conflictDiff", { version: conflict.version })}</summary>
        <TextDiff label={t("workflows.conflictDiff", { version: conflict.version })} before={conflict.text} after={text} />
      </details>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" onClick={again}>{t("workflows.mine")}</Button>
        <Button onClick={drop}>{t("workflows.theirs")}</Button>
      </div>
    </section>
  );
}
