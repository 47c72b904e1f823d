// A field that is an expression: its text, the variables it may name, what it would give on the last run's data.
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { input } from "@/ui";
import type { Path } from "../model/types";
import { usePreview } from "../run/use-scope";
import { Picker } from "./picker";
import { brief, inserted } from "./values";

interface Props {
  path: Path;
  label: string;
  value: string;
  bare?: boolean; // without braces, as in `when`
  readOnly?: boolean;
  change: (value: string) => void;
}

export function Expression({ path, label, value, bare = false, readOnly = false, change }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const choose = (reference: string) => {
    const place = field.current;
    const made = inserted(value, place?.selectionStart ?? value.length, reference, bare);
    change(made.text);
    requestAnimationFrame(() => {
      place?.focus();
      place?.setSelectionRange(made.at, made.at);
    });
  };
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-start gap-1.5">
        <textarea
          ref={field}
          aria-label={label}
          className={`${input} min-h-8 flex-1 resize-y font-mono text-sm`}
          rows={Math.min(8, Math.max(1, value.split("\n").length + Math.floor(value.length / 46)))}
          spellCheck={false}
          readOnly={readOnly}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
        {!readOnly && <Picker path={path} label={label} choose={choose} />}
      </div>
      <Gives path={path} text={value} bare={bare} />
    </div>
  );
}

function Gives({ path, text, bare }: { path: Path; text: string; bare: boolean }) {
  const { t } = useTranslation();
  const { value, error, missing } = usePreview(path, text, bare);
  if (missing) return <p className="text-sm text-muted">{t("config.unknownYet", { of: missing })}</p>;
  if (error) return <p className="text-sm wrap-anywhere text-review">{messageOf(error)}</p>;
  if (value === undefined) return null;
  return (
    <p className="truncate text-sm text-muted" title={brief(value, 1000)}>
      <span aria-hidden>= </span>
      <span className="font-mono">{brief(value)}</span>
    </p>
  );
}

function messageOf(error: Error): string {
  return (error as { errors?: { message: string }[] }).errors?.[0]?.message ?? error.message;
}
