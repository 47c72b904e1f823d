import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { approvalsQuery } from "@/features/approvals/queries";

/** How much waits for a person, beside the place where it does. */
export function Waiting() {
  const { t } = useTranslation();
  const waiting = useQuery(approvalsQuery("pending"));
  const count = waiting.data?.items.length ?? 0;
  if (!count) return null;
  return (
    <span className="ms-auto rounded-full bg-review px-1.5 text-sm font-medium text-page">
      <span aria-hidden>{waiting.data?.next_cursor ? `${count}+` : count}</span>
      <span className="sr-only">{t("approvals.waiting", { count })}</span>
    </span>
  );
}
