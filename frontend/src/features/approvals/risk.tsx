import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Approval } from "./queries";

const RISKS = { low: [ShieldCheck, "text-muted"], medium: [ShieldQuestion, "text-review"], high: [ShieldAlert, "text-failed"] } as const;

export function Risk({ value }: { value: Approval["risk"] }) {
  const { t } = useTranslation();
  const [Icon, colour] = RISKS[value];
  return (
    <span className={`inline-flex items-center gap-1 text-sm whitespace-nowrap ${colour}`}>
      <Icon aria-hidden size={15} />
      {t(`approvals.risks.${value}`)}
    </span>
  );
}
