// Who is nobody yet: on this machine the link, from elsewhere a password, a token or the issuer.
import { useTranslation } from "react-i18next";
import { Button, Field, input } from "@/ui";

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function SignIn() {
  const { t } = useTranslation();
  const refused = new URLSearchParams(location.search).get("sign_in");
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-4 px-4">
      <h1 className="text-xl font-semibold">Troupe</h1>
      <p>{t("signIn.link")}</p>
      <pre className="rounded-md border bg-panel p-3 font-mono text-sm">scripts/troupe login</pre>
      {!LOCAL.has(location.hostname) && (
        <form method="post" action="/login" className="flex flex-col gap-3 border-t pt-4">
          {refused && (
            <p role="alert" className="text-failed">
              {t(refused === "too_many_tries" ? "signIn.tooMany" : "signIn.wrong")}
            </p>
          )}
          <Field label={t("signIn.password")}>
            <input type="password" name="password" autoComplete="current-password" required className={input} />
          </Field>
          <Button type="submit" kind="primary">
            {t("signIn.go")}
          </Button>
        </form>
      )}
    </main>
  );
}
