// Every version: what it changed, which names stand for it, and its text to take up again.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Definition, type Kind, moveAlias, versionQuery, versionsQuery } from "@/api/definitions";
import { Ago, Button, Failure, Field, input, Skeleton } from ".";
import { DiffView } from "./diff";
import { TextDiff } from "./text-diff";

interface Props {
  kind: Kind;
  of: Definition;
  from?: number;
  to?: number;
  go: (change: Record<string, string | undefined>) => void;
  takeUp: (text: string) => void;
  draw?: (of: { from: number; to: number; look?: { path: string } }) => ReactNode; // the differences as a picture
}

export function Versions({ kind, of, from, to = of.version, go, takeUp, draw }: Props) {
  const { t } = useTranslation();
  const versions = useQuery(versionsQuery(kind, of.id));
  const [look, setLook] = useState<{ path: string }>();
  if (versions.error) return <Failure of={versions.error} retry={() => void versions.refetch()} />;
  if (!versions.data) return <Skeleton />;
  const numbers = versions.data.items.map(({ version }) => version);
  const before = from ?? to - 1;
  return (
    <div className="grid gap-6 px-4 py-4 md:px-6 lg:grid-cols-2">
      <ul aria-label={t("definition.versions")} className="flex flex-col">
        {versions.data.items.map((one) => (
          <li key={one.version} className="border-b">
            <button type="button" aria-pressed={one.version === to} onClick={() => go({ to: String(one.version), from: undefined })} className="flex min-h-11 w-full flex-wrap items-center gap-x-3 px-2 py-1 text-start hover:bg-hover aria-pressed:bg-tint">
              <span className="font-medium">{t("definition.versionNow", { version: one.version })}</span>
              {aliasesOf(of, one.version).map((name) => (
                <span key={name} className="rounded border px-1.5 text-sm">{name}</span>
              ))}
              <span className="ms-auto text-sm text-muted">
                <span title={one.created_by}>{one.created_by.split(":")[0]}</span> <Ago at={one.created_at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="flex min-w-0 flex-col gap-5">
        <Steer kind={kind} of={of} version={to} takeUp={takeUp} />
        {to > 1 && (
          <Field label={t("definition.comparedTo")}>
            <select className={input} value={before} onChange={(event) => go({ from: event.target.value, to: String(to) })}>
              {numbers.filter((number) => number !== to).map((number) => (
                <option key={number} value={number}>{t("definition.versionNow", { version: number })}</option>
              ))}
            </select>
          </Field>
        )}
        {to > 1 && !draw && <DiffView kind={kind} id={of.id} from={before} to={to} />}
        {to > 1 && !draw && <Texts kind={kind} id={of.id} from={before} to={to} />}
      </div>
      {to > 1 && draw && <div className="min-w-0">{draw({ from: before, to, look })}</div>}
      {to > 1 && draw && (
        <div className="flex min-w-0 flex-col gap-5">
          <DiffView kind={kind} id={of.id} from={before} to={to} jump={(path) => setLook({ path })} />
          <Texts kind={kind} id={of.id} from={before} to={to} />
        </div>
      )}
    </div>
  );
}

function aliasesOf(of: Definition, version: number): string[] {
  return Object.entries(of.aliases ?? {}).flatMap(([name, at]) => (at === version ? [name] : []));
}

/** Let a name stand for a version, or take its text up. */
function Steer({ kind, of: { id, aliases }, version, takeUp }: { kind: Kind; of: Definition; version: number; takeUp: (text: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const move = useMutation({
    mutationFn: ({ alias, to }: { alias: string; to: number; before?: number }) => moveAlias(kind, id, alias, to),
    onSuccess: () => queries.invalidateQueries({ queryKey: [kind, id] }),
  });
  const moved = move.data && move.variables;
  const restore = useMutation({
    mutationFn: () => queries.fetchQuery(versionQuery(kind, id, version)),
    onSuccess: ({ text }) => takeUp(text ?? ""),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const alias = String(new FormData(event.currentTarget).get("alias"));
    move.mutate({ alias, to: version, before: aliases?.[alias] });
  };
  return (
    <div className="flex flex-wrap items-end gap-2">
      <form className="flex min-w-0 flex-1 basis-full flex-wrap items-end gap-2 sm:basis-auto" onSubmit={submit}>
        <div className="min-w-40 flex-1">
          <Field label={t("definition.alias")}>
            <input key={version} required name="alias" defaultValue="production" pattern="[a-z][a-z0-9_\-]*" className={`${input} font-mono`} />
          </Field>
        </div>
        <Button type="submit" disabled={move.isPending}>{t("definition.pointHere", { version })}</Button>
      </form>
      <Button disabled={restore.isPending} onClick={() => restore.mutate()}>{t("definition.takeUp")}</Button>
      {moved && (
        <p role="status" className="flex w-full flex-wrap items-center gap-3 text-sm text-muted">
          {t("definition.moved", { alias: moved.alias, version: moved.to })}
          {moved.before !== undefined && moved.before !== moved.to && (
            <Button disabled={move.isPending} onClick={() => move.mutate({ alias: moved.alias, to: moved.before as number })}>{t("definition.undo", { version: moved.before })}</Button>
          )}
        </p>
      )}
      {(move.error ?? restore.error) && <Failure of={move.error ?? restore.error} />}
    </div>
  );
}

/** The same as lines of text, comments included. */
function Texts({ kind, id, from, to }: { kind: Kind; id: string; from: number; to: number }) {
  const { t } = useTranslation();
  const before = useQuery(versionQuery(kind, id, from));
  const after = useQuery(versionQuery(kind, id, to));
  if (!before.data || !after.data) return null;
  return (
    <details>
      <summary className="min-h-8 py-1.5">{t("definition.asText")}</summary>
      <TextDiff label={t("definition.asText")} before={before.data.text ?? ""} after={after.data.text ?? ""} />
    </details>
  );
}
