// A question in the place of what it is about; Escape says no.
import { useTranslation } from "react-i18next";
import { Button } from ".";

interface Props {
  question: string;
  action: string;
  busy?: boolean;
  onYes: () => void;
  onNo: () => void;
}

export function Confirm({ question, action, busy, onYes, onNo }: Props) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={question} className="flex w-full flex-wrap items-center gap-2 rounded-md border border-failed/40 bg-panel p-3" onKeyDown={(event) => event.key === "Escape" && onNo()}>
      <span className="min-w-0 flex-1">{question}</span>
      <Button kind="danger" disabled={busy} onClick={onYes}>
        {action}
      </Button>
      <Button autoFocus kind="quiet" onClick={onNo}>
        {t("common.cancel")}
      </Button>
    </div>
  );
}
