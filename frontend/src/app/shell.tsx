// The frame of every page: rail, content, palette, shortcuts, and the sign-in page for who is nobody yet.
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Moon, Search, Sun, SunMoon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { meQuery } from "@/api/me";
import { Skeleton } from "@/ui";
import { PLACES } from "./nav";
import { useShortcuts } from "./shortcuts";
import { SignIn } from "./sign-in";
import { NEXT, useTheme } from "@/lib/theme";
import { Waiting } from "./waiting";
import { enter, hasChosen, Who } from "./workspace";

const Palette = lazy(() => import("./palette"));
const ShortcutList = lazy(() => import("./shortcut-list"));

export function Shell() {
  const me = useQuery(meQuery);
  if (me.error instanceof Problem && me.error.status === 401) return <SignIn />;
  if (me.error instanceof Problem && me.error.code === "no_member" && hasChosen()) enter("");
  if (!me.data) return <Skeleton />;
  return <Frame />;
}

function Frame() {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"" | "palette" | "shortcuts">("");
  useShortcuts((what) => setOpen(what));
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2">
        {t("shell.skip")}
      </a>
      <nav aria-label={t("shell.places")} className="sticky top-0 z-20 flex shrink-0 items-center gap-1 overflow-x-auto border-b bg-panel px-2 py-1.5 md:h-dvh md:w-52 md:flex-col md:items-stretch md:border-e md:border-b-0 md:px-3 md:py-4">
        <Link to="/" className="hidden px-2 pb-3 font-semibold md:block">
          Troupe
        </Link>
        {PLACES.map(({ to, name, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/" }}
            className="group flex min-h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-muted transition-colors duration-150 hover:bg-hover hover:text-ink data-[status=active]:bg-hover data-[status=active]:font-medium data-[status=active]:text-ink"
          >
            <Icon aria-hidden size={16} />
            <span className="sr-only group-data-[status=active]:not-sr-only md:not-sr-only">{t(`places.${name}`)}</span>
            {name === "approvals" && <Waiting />}
          </Link>
        ))}
        <span className="flex-1" />
        <button type="button" onClick={() => setOpen("palette")} className="flex min-h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink">
          <Search aria-hidden size={16} />
          <span className="sr-only md:not-sr-only">{t("shell.search")}</span>
          <kbd className="ms-auto hidden font-mono text-sm md:inline">{t("shell.searchKey")}</kbd>
        </button>
        <ThemeSwitch />
        <Who />
      </nav>
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <Outlet />
      </main>
      <Suspense>
        {open === "palette" && <Palette onClose={() => setOpen("")} />}
        {open === "shortcuts" && <ShortcutList onClose={() => setOpen("")} />}
      </Suspense>
    </div>
  );
}

const ICONS = { system: SunMoon, light: Sun, dark: Moon };

function ThemeSwitch() {
  const { t } = useTranslation();
  const [theme, choose] = useTheme();
  const Icon = ICONS[theme];
  return (
    <button type="button" onClick={() => choose(NEXT[theme])} className="flex min-h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink">
      <Icon aria-hidden size={16} />
      <span className="sr-only md:not-sr-only">{t(`shell.theme.${theme}`)}</span>
    </button>
  );
}
