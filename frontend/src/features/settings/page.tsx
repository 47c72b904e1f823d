// What is set for the workspace and for this browser.
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/me";
import { type Theme, useTheme } from "@/lib/theme";
import { Head } from "@/ui";
import { Choice } from "@/ui/choice";
import { Budgets } from "./budgets";
import { Health } from "./health";
import { Members } from "./members";
import { Tokens } from "./tokens";

export function SettingsPage() {
  const { t } = useTranslation();
  const isAdmin = useMay("admin");
  return (
    <>
      <Head title={t("places.settings")} />
      <div className="flex max-w-3xl flex-col gap-10 px-4 pb-10 md:px-6">
        {isAdmin && <Tokens />}
        <Budgets isAdmin={isAdmin} />
        <Members isAdmin={isAdmin} />
        <Health />
        <Looks />
      </div>
    </>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

function Looks() {
  const { t } = useTranslation();
  const [theme, choose] = useTheme();
  return (
    <section className="flex flex-col gap-3">
      <h2 className="font-semibold">{t("settings.looks")}</h2>
      <div>
        <Choice label={t("settings.looks")} of={THEMES.map((name) => [name, t(`settings.themes.${name}`)])} value={theme} choose={choose} />
      </div>
    </section>
  );
}
