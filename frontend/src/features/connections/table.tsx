import { useTranslation } from "react-i18next";
import { Ago, Status } from "@/ui";
import { Heads } from "@/ui/heads";
import type { Connection } from "./queries";

export function ConnectionTable({ of, chosen, choose }: { of: Connection[]; chosen?: string; choose: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="min-w-0 flex-1 px-4 md:px-6">
      <table className="w-full text-sm">
        <Heads
          of={[
            { name: t("connections.name") },
            { name: t("connections.status") },
            { name: t("connections.account"), from: "sm" },
            { name: t("connections.tools"), end: true, from: "sm" },
            { name: t("connections.lastUsed"), end: true, from: "md" },
          ]}
        />
        <tbody>
          {of.map((one) => (
            <tr key={one.id} className={`h-9 border-b hover:bg-hover ${one.id === chosen ? "bg-tint" : ""}`}>
              <td className="w-2/5 max-w-0 pe-4">
                <button type="button" aria-pressed={one.id === chosen} className="flex w-full flex-col py-2 text-start hover:underline" onClick={() => choose(one.id)}>
                  <span className="w-full truncate font-medium">{one.name}</span>
                  <span className="w-full truncate text-muted">{one.connector}</span>
                </button>
              </td>
              <td className="pe-4 whitespace-nowrap">
                <Status value={one.status === "ok" ? "connected" : "failed"} />
                {one.withheld > 0 && <span className="block text-review">{t("connections.withheld", { count: one.withheld })}</span>}
              </td>
              <td className="hidden w-1/4 max-w-0 truncate pe-4 text-muted sm:table-cell">{one.account}</td>
              <td className="hidden pe-4 text-end sm:table-cell">{one.tools}</td>
              <td className="hidden text-end text-muted md:table-cell">{one.last_used_at ? <Ago at={one.last_used_at} /> : t("connections.never")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
