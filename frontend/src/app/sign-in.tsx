// Who is nobody yet: on this machine the link; from elsewhere the issuer, a token or the owner's password.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Button, Field, input, Skeleton } from "@/ui";

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
const REFUSED = ["too_many_tries", "wrong_password", "no_member", "no_verified_address", "issuer_unavailable", "sign_in_lost"] as const;

export function SignIn() {
  const { t } = useTranslation();
  const ways = useQuery({ queryKey: ["sign-in"], queryFn: () => body(api.GET("/api/v1/sign-in")) });
  const refused = new URLSearchParams(location.search).get("sign_in");
  const [more, setMore] = useState(false);
  if (ways.isPending) return <Skeleton />;
  const local = LOCAL.has(location.hostname);
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-4 px-4">
      <h1 className="text-xl font-semibold">Troupe</h1>
      {refused && (
        <p role="alert" className="text-failed">
          {t(`signIn.refused.${REFUSED.find((one) => one === refused) ?? "other"}`)}
        </p>
      )}
      {ways.data?.issuer && (
        <Button kind="primary" nativeButton={false} render={<a href="/login/issuer" />}>
          {t("signIn.issuer")}
        </Button>
      )}
      {local && !ways.data?.issuer && <Link />}
      {ways.data?.password && <Secret kind="password" primary={!ways.data.issuer} />}
      {more ? <Secret kind="token" primary={false} /> : <Button onClick={() => setMore(true)}>{t("signIn.withToken")}</Button>}
    </main>
  );
}

function Link() {
  const { t } = useTranslation();
  return (
    <>
      <p>{t("signIn.link")}</p>
      <pre className="rounded-md border bg-panel p-3 font-mono text-sm">scripts/troupe login</pre>
    </>
  );
}

/** A form that the server answers with the page: the secret is never in our hands. */
function Secret({ kind, primary }: { kind: "password" | "token"; primary: boolean }) {
  const { t } = useTranslation();
  return (
    <form method="post" action="/login" className="flex flex-col gap-3 border-t pt-4">
      <Field label={t(`signIn.${kind}`)}>
        <input type="password" name={kind} autoFocus={kind === "token"} autoComplete={kind === "password" ? "current-password" : "off"} required maxLength={1024} className={input} />
      </Field>
      <Button type="submit" kind={primary ? "primary" : undefined}>
        {t("signIn.go")}
      </Button>
    </form>
  );
}
