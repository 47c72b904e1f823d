// What a text's check found; each line leads to its place.
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/definitions";

export function Problems({ of, jump }: { of: Problem[]; jump: (problem: Problem) => void }) {
  const { t } = useTranslation();
  if (!of.length) {
    return (
      <p role="status" className="flex items-center gap-1.5 text-sm text-done">
        <CircleCheck aria-hidden size={15} />
        {t("definition.noProblems")}
      </p>
    );
  }
  return (
    <ul aria-label={t("definition.problems")} className="flex flex-col gap-1 text-sm">
      {of.map((one) => (
        <li key={`${one.path}${one.line}${one.code}${one.message}`}>
          <button type="button" onClick={() => jump(one)} className="flex min-h-8 w-full items-start gap-1.5 rounded-md px-1 py-1.5 text-start hover:bg-hover">
            <CircleX aria-hidden size={15} className="mt-0.5 shrink-0 text-failed" />
            <span className="min-w-0 wrap-anywhere">
              {one.line && <span className="text-muted">{t("definition.line", { line: one.line })} </span>}
              {one.message} <span className="text-muted">{one.hint}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
