// Who is signed in, where, and the way out; a member of several workspaces chooses one for this browser.
import { useQuery } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import { input } from "@/ui";

const COOKIE = "troupe_workspace";

/** Choose a workspace for this browser, or none; every page begins anew. */
export function enter(workspace: string): void {
  document.cookie = `${COOKIE}=${workspace}; path=/; samesite=lax; max-age=${workspace ? 31_536_000 : 0}`;
  location.assign("/");
}

export function hasChosen(): boolean {
  return document.cookie.includes(`${COOKIE}=`);
}

export function Who() {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data;
  if (!me) return null;
  return (
    <div className="hidden flex-col gap-1 md:flex">
      {me.workspaces.length > 1 && (
        <select aria-label={t("shell.workspace")} className={input} value={me.workspace_id} onChange={(event) => enter(event.target.value)}>
          {me.workspaces.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      {me.kind === "member" && (
        <form method="post" action="/logout">
          <button type="submit" title={me.name} className="flex min-h-8 w-full items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink">
            <LogOut aria-hidden size={16} />
            {t("shell.signOut")}
          </button>
        </form>
      )}
    </div>
  );
}
