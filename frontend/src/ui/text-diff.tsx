import { useTranslation } from "react-i18next";
import { around, compare } from "@/lib/lines";

const TONES = { " ": "", "-": "bg-failed/10", "+": "bg-done/10" };

/** Two texts in one: lines that went, lines that came, a few around them. */
export function TextDiff({ label, before, after }: { label: string; before: string; after: string }) {
  const { t } = useTranslation();
  const words = { " ": "", "-": t("definition.removed"), "+": t("definition.added") };
  return (
    <div tabIndex={0} role="region" aria-label={label} className="max-h-96 overflow-auto rounded-md border bg-page py-1 font-mono text-sm">
      {around(compare(before, after)).map((line, i) =>
        line === null ? (
          <p key={i} aria-hidden className="px-3 text-muted">⋯</p>
        ) : (
          <p key={i} className={`px-3 whitespace-pre-wrap wrap-anywhere ${TONES[line.sign]}`}>
            <span aria-hidden className="me-2 select-none text-muted">{line.sign === "-" ? "−" : line.sign}</span>
            {words[line.sign] && <span className="sr-only">{words[line.sign]} </span>}
            {line.text}
          </p>
        ),
      )}
    </div>
  );
}
