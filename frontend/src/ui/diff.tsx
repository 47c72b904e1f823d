import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { diffQuery, type Kind } from "@/api/definitions";
import { Failure, Json, Skeleton } from ".";

/** What differs between two versions, by place; comments do not count. `jump` leads to where a node is drawn. */
export function DiffView({ kind, id, from, to, jump }: { kind: Kind; id: string; from: number; to: number; jump?: (path: string) => void }) {
  const { t } = useTranslation();
  const diff = useQuery(diffQuery(kind, id, from, to));
  if (diff.error) return <Failure of={diff.error} />;
  if (!diff.data) return <Skeleton rows={3} />;
  const { added, removed, changed } = diff.data;
  return (
    <section aria-label={t("definition.diff")} className="flex flex-col gap-3">
      {!added.length && !removed.length && !changed.length && <p className="text-muted">{t("definition.same")}</p>}
      {added.map((path) => (
        <Line key={path} sign="+" word={t("definition.added")} path={path} colour="text-done" jump={jump} />
      ))}
      {removed.map((path) => (
        <Line key={path} sign="−" word={t("definition.removed")} path={path} colour="text-failed" jump={jump} />
      ))}
      {changed.map((one) => (
        <div key={one.path} className="flex flex-col gap-1">
          <Line sign="~" word={t("definition.wasChanged")} path={one.path} colour="text-review" jump={jump} />
          <div className="grid gap-2 sm:grid-cols-2">
            <Json value={one.from} />
            <Json value={one.to} />
          </div>
        </div>
      ))}
    </section>
  );
}

function Line({ sign, word, path, colour, jump }: { sign: string; word: string; path: string; colour: string; jump?: (path: string) => void }) {
  const place = <code className="min-w-0 font-mono text-sm text-ink wrap-anywhere">{path}</code>;
  return (
    <p className={`flex gap-2 ${colour}`}>
      <span aria-hidden className="font-mono">{sign}</span>
      {word}
      {jump && path.startsWith("/nodes/") ? (
        <button type="button" onClick={() => jump(path)} className="min-h-7 min-w-0 text-start underline decoration-line underline-offset-2 hover:decoration-ink">
          {place}
        </button>
      ) : place}
    </p>
  );
}
