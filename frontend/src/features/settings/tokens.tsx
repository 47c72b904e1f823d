import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { Ago, Button, Failure, Field, input, Skeleton } from "@/ui";
import { ROLES, type Role, type Token, tokensQuery, useChange } from "./queries";

const DAYS = ["30", "90", "365", ""] as const;
const UNDO = 6_000; // milliseconds in which a revocation can be taken back

export function Tokens() {
  const { t } = useTranslation();
  const tokens = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  const live = tokens.data?.items.filter((token) => !token.revoked_at) ?? [];
  return (
    <section className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{t("settings.tokens.title")}</h2>
        {!making && <Button onClick={() => setMaking(true)}>{t("settings.tokens.new")}</Button>}
      </div>
      <p className="text-muted">{t("settings.tokens.hint")}</p>
      {making && <Make close={() => setMaking(false)} />}
      {tokens.error && <Failure of={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.isPending && <Skeleton rows={2} />}
      <ul>
        {live.map((token) => (
          <Line key={token.id} token={token} />
        ))}
      </ul>
    </section>
  );
}

function Make({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [days, setDays] = useState("90");
  const make = useChange("tokens", () => body(api.POST("/api/v1/tokens", { body: { name, role, expires_at: inDays(days) } })));
  if (make.data) return <Made token={make.data} close={close} />;
  return (
    <form
      className="flex flex-col gap-3 rounded-lg border bg-panel p-4"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate(undefined);
      }}
    >
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label={t("settings.name")}>
          <input autoFocus required maxLength={100} className={input} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Roles value={role} choose={setRole} />
        <Field label={t("settings.tokens.expires")}>
          <select className={input} value={days} onChange={(event) => setDays(event.target.value)}>
            {DAYS.map((some) => (
              <option key={some} value={some}>
                {some ? t("settings.tokens.days", { count: Number(some) }) : t("settings.tokens.never")}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {make.error && <Failure of={make.error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={make.isPending}>{t("settings.tokens.make")}</Button>
        <Button onClick={close}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}

function inDays(days: string): string | null {
  return days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null;
}

export function Roles({ value, choose }: { value: Role; choose: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <Field label={t("settings.role")}>
      <select className={input} value={value} onChange={(event) => choose(event.target.value as Role)}>
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {t(`settings.roles.${role}`)}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** The only time that the secret is seen. */
function Made({ token, close }: { token: Schemas["TokenMade"]; close: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(token.token).then(() => setCopied(true));
  return (
    <div role="status" className="flex flex-col gap-3 rounded-lg border border-review/50 bg-panel p-4">
      <p>{t("settings.tokens.once")}</p>
      <pre tabIndex={0} className="overflow-x-auto rounded-md border bg-page p-3 font-mono text-sm select-all">{token.token}</pre>
      <div className="flex gap-2">
        <Button kind="primary" onClick={copy}>{t(copied ? "settings.tokens.copied" : "settings.tokens.copy")}</Button>
        <Button onClick={close}>{t("settings.tokens.kept")}</Button>
      </div>
    </div>
  );
}

function Line({ token }: { token: Token }) {
  const { t } = useTranslation();
  const revoke = useChange("tokens", () => body(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } })));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [going, setGoing] = useState(false);
  useEffect(() => {
    // Who leaves the page has not taken it back.
    const now = () => timer.current && (clearTimeout(timer.current), revoke.mutate(undefined));
    return () => void now();
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
  const start = () => {
    setGoing(true);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      revoke.mutate(undefined, { onError: () => setGoing(false) });
    }, UNDO);
  };
  const undo = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setGoing(false);
  };
  return (
    <li className="border-b">
      <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 py-1.5">
        <span className={`min-w-0 flex-1 basis-full truncate font-medium sm:basis-0 ${going ? "line-through" : ""}`}>{token.name}</span>
        <code className="font-mono text-sm text-muted">{`${token.prefix}…`}</code>
        <span className="text-sm text-muted">{t(`settings.roles.${token.role}`)}</span>
        <span className="text-sm text-muted">{token.expires_at ? <Ago at={token.expires_at} /> : t("settings.tokens.never")}</span>
        {going ? (
          <span role="status" className="flex items-center gap-2">
            {t("settings.tokens.going")}
            <Button autoFocus onClick={undo}>{t("settings.tokens.undo")}</Button>
          </span>
        ) : (
          <Button kind="danger" aria-label={t("settings.tokens.revokeOne", { name: token.name })} onClick={start}>{t("settings.tokens.revoke")}</Button>
        )}
      </div>
      {revoke.error && <Failure of={revoke.error} />}
    </li>
  );
}
