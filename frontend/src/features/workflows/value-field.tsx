// One value of the text: a word, a long text, or anything else as YAML. What is written goes into the text as it becomes whole.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { parse, stringify } from "yaml";
import { Field, input } from "@/ui";

interface Props {
  label: string;
  hint?: string;
  value: unknown;
  text?: boolean; // never anything but text
  disabled?: boolean;
  change: (value: unknown) => void; // undefined: it is taken away
}

export function ValueField({ label, hint, value, text = false, disabled, change }: Props) {
  const { t } = useTranslation();
  const [writing, setWriting] = useState<string | null>(null);
  const shown = writing ?? shownAs(value, text);
  const wrong = writing !== null && meant(writing, text) instanceof Error;
  const write = (next: string) => {
    setWriting(next);
    const value = meant(next, text);
    if (!(value instanceof Error)) change(value);
  };
  return (
    <Field label={label} hint={hint} error={wrong ? t("workflows.noYaml") : undefined}>
      <textarea
        rows={1}
        spellCheck={false}
        readOnly={disabled}
        aria-invalid={wrong}
        className={`${input} field-sizing-content max-h-72 resize-y font-mono text-sm`}
        value={shown}
        onChange={(event) => write(event.target.value)}
        onBlur={() => wrong || setWriting(null)}
      />
    </Field>
  );
}

function shownAs(value: unknown, text: boolean): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return text || meant(value, false) === value ? value : JSON.stringify(value);
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

const QUOTED = /"(\\.|[^"\\])*"|'[^']*'/g;

/** What somebody means by what is written: text where it has expressions outside of quotes, else what YAML makes of it. */
export function meant(written: string, text: boolean): unknown {
  if (written === "") return undefined;
  if (text || written.replace(QUOTED, "").includes("{{")) return written;
  try {
    const value: unknown = parse(written);
    return typeof value === "string" && !/^["'|>]/.test(written.trim()) ? written : value;
  } catch {
    return new Error(written);
  }
}
