import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { diffQuery, type Kind } from "@/api/definitions";
import { Failure, Json, Skeleton } from ".";

/** What differs between two versions, by place; comments do not count. */
export function DiffView({ kind, id, from, to }: { kind: Kind; id: string; from: number; to: number }) {
  const { t } = useTranslation();
  const diff = useQuery(diffQuery(kind, id, from, to));
  if (diff.error) return <Failure of={diff.error} />;
  if (!diff.data) return <Skeleton rows={3} />;
  const { added, removed, changed } = diff.data;
  return (
    <section aria-label={t("definition.diff")} className="flex flex-col gap-3">
      {!added.length && !removed.length && !changed.length && <p className="text-muted">{t("definition.same")}</p>}
      {added.map((path) => (
        <Line key={path} sign="+" word={t("definition.added")} path={path} colour="text-done" />
      ))}
      {removed.map((path) => (
        <Line key={path} sign="−" word={t("definition.removed")} path={path} colour="text-failed" />
      ))}
      {changed.map((one) => (
        <div key={one.path} className="flex flex-col gap-1">
          <Line sign="~" word={t("definition.wasChanged")} path={one.path} colour="text-review" />
          <div className="grid gap-2 sm:grid-cols-2">
            <Json value={one.from} />
            <Json value={one.to} />
          </div>
        </div>
      ))}
    </section>
  );
}

function Line({ sign, word, path, colour }: { sign: string; word: string; path: string; colour: string }) {
  return (
    <p className={`flex gap-2 ${colour}`}>
      <span aria-hidden className="font-mono">{sign}</span>
      {word}
      <code className="min-w-0 font-mono text-sm text-ink wrap-anywhere">{path}</code>
    </p>
  );
}
