// One field of a node: a fixed value, or an expression; each is one press from the other.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Port } from "../canvas/schema";
import type { Path } from "../model/types";
import { usePreview } from "../run/use-scope";
import { Expression, Gives } from "./expression";
import { Fixed } from "./fixed";
import { asExpression, isExpression } from "./values";

interface Props {
  path: Path;
  port: Port;
  value: unknown;
  problem?: string;
  readOnly: boolean;
  change: (value: unknown) => void;
}

export function ConfigField({ path, port, value, problem, readOnly, change }: Props) {
  const { t } = useTranslation();
  const [held, setHeld] = useState<boolean | null>(null); // how it is shown while somebody is in it, whatever is written
  const expression = held ?? isExpression(value);
  const preview = usePreview(path, isExpression(value) ? value : "");
  const turn = (to: boolean) => {
    setHeld(to);
    if (to) return typeof value === "string" || value === undefined ? undefined : change(asExpression(value));
    if (isExpression(value)) change(preview.error ? undefined : preview.value);
  };
  const label = port.name.replaceAll("_", " ");
  return (
    <div
      className="flex flex-col gap-1"
      onFocus={() => setHeld((now) => now ?? isExpression(value))}
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setHeld(null)}
    >
      <div className="flex min-h-7 items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-medium">
          {label.charAt(0).toUpperCase() + label.slice(1)}
          {port.required && <span className="text-failed" title={t("config.required")}> *</span>}
          <span className="ms-2 text-sm font-normal text-muted">{port.types.join(" | ")}</span>
        </span>
        {!readOnly && (
          <div role="group" aria-label={t("config.mode", { of: label })} className="inline-flex shrink-0 rounded-md border p-px text-sm">
            {([false, true] as const).map((is) => (
              <button key={String(is)} type="button" aria-pressed={expression === is} onClick={() => expression !== is && turn(is)} className="min-h-7 rounded px-1.5 text-muted hover:text-ink aria-pressed:bg-tint aria-pressed:text-ink">
                {t(is ? "config.expression" : "config.fixed")}
              </button>
            ))}
          </div>
        )}
      </div>
      {expression ? (
        <Expression path={path} label={label} value={typeof value === "string" ? value : ""} readOnly={readOnly} wrong={Boolean(problem)} change={(text) => change(text === "" ? undefined : text)} />
      ) : (
        <>
          <Fixed port={port} label={label} value={value} readOnly={readOnly} change={change} />
          {isExpression(value) && !problem && <Gives path={path} text={value} />}
        </>
      )}
      {problem && <span className="text-sm wrap-anywhere text-failed">{problem}</span>}
      {port.schema.description && <span className="text-sm text-muted">{port.schema.description}</span>}
    </div>
  );
}
