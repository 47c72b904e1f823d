// A field that is an expression: its text, the variables it may name, what it would give on the last run's data.
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { input } from "@/ui";
import type { Path } from "../model/types";
import { usePreview } from "../run/use-scope";
import { Picker } from "./picker";
import { useTyped } from "./typed";
import { brief, inserted } from "./values";

interface Props {
  path: Path;
  label: string;
  value: string;
  bare?: boolean; // without braces, as in `when`
  readOnly?: boolean;
  wrong?: boolean; // what is wrong is said elsewhere
  change: (value: string) => void;
}

export function Expression({ path, label, value, bare = false, readOnly = false, wrong = false, change }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { shown, write, leave } = useTyped(value, change);
  const choose = (reference: string) => {
    const place = field.current;
    const made = inserted(shown, place?.selectionStart ?? shown.length, reference, bare);
    write(made.text);
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
          className={`${input} field-sizing-content max-h-72 min-h-8 flex-1 resize-y font-mono text-sm`}
          rows={1}
          spellCheck={false}
          readOnly={readOnly}
          value={shown}
          onChange={(event) => write(event.target.value)}
          onBlur={leave}
        />
        {!readOnly && <Picker path={path} label={label} choose={choose} />}
      </div>
      {!wrong && <Gives path={path} text={shown} bare={bare} />}
    </div>
  );
}

/** What it would give. */
export function Gives({ path, text, bare = false }: { path: Path; text: string; bare?: boolean }) {
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
