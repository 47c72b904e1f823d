import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";

/** A value written as JSON. `change` hears what it says, or undefined while that is no JSON. */
export function JsonField({ label, hint, start, rows = 8, change }: {
  label: string;
  hint?: string;
  start: unknown;
  rows?: number;
  change: (value: unknown) => void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => JSON.stringify(start ?? null, null, 2));
  const [wrong, setWrong] = useState("");
  return (
    <Field label={label} hint={hint} error={wrong}>
      <textarea
        className={`${input} font-mono text-sm`}
        rows={Math.min(rows, Math.max(2, text.split("\n").length))}
        spellCheck={false}
        aria-invalid={wrong !== ""}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          try {
            change(JSON.parse(event.target.value));
            setWrong("");
          } catch {
            change(undefined);
            setWrong(t("common.noJson"));
          }
        }}
      />
    </Field>
  );
}
