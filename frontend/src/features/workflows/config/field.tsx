// One field of a node: a fixed value, or an expression; each is one press from the other.
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Port } from "../canvas/schema";
import type { Path } from "../model/types";
import { usePreview } from "../run/use-scope";
import { Expression } from "./expression";
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
  const [asked, setAsked] = useState(false); // for an expression, before there is one
  const expression = isExpression(value) || (asked && (value === undefined || typeof value === "string"));
  const field = useRef<HTMLDivElement>(null);
  const became = useRef(false); // an expression, while somebody was writing
  useLayoutEffect(() => {
    const place = became.current && expression ? field.current?.querySelector("textarea") : null;
    became.current = false;
    place?.focus();
    place?.setSelectionRange(place.value.length, place.value.length);
  }, [expression]);
  const preview = usePreview(path, isExpression(value) ? value : "");
  const turn = (to: boolean) => {
    setAsked(to);
    if (to) return typeof value === "string" || value === undefined ? undefined : change(asExpression(value));
    if (isExpression(value)) change(preview.error ? undefined : preview.value);
  };
  const label = port.name.replaceAll("_", " ");
  return (
    <div ref={field} className="flex flex-col gap-1">
      <div className="flex min-h-7 items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-medium">
          {label.charAt(0).toUpperCase() + label.slice(1)}
          {port.required && <span className="text-failed" title={t("config.required")}> *</span>}
          <span className="ms-2 text-sm font-normal text-muted">{port.types.join(" | ")}</span>
        </span>
        {!readOnly && (
          <div role="group" aria-label={t("config.mode", { of: label })} className="inline-flex shrink-0 rounded-md border p-px text-sm">
            {([false, true] as const).map((is) => (
              <button key={String(is)} type="button" aria-pressed={expression === is} onClick={() => expression !== is && turn(is)} className="min-h-6 rounded px-1.5 text-muted hover:text-ink aria-pressed:bg-tint aria-pressed:text-ink">
                {t(is ? "config.expression" : "config.fixed")}
              </button>
            ))}
          </div>
        )}
      </div>
      {expression ? (
        <Expression path={path} label={label} value={typeof value === "string" ? value : ""} readOnly={readOnly} change={(text) => change(text === "" ? undefined : text)} />
      ) : (
        <Fixed port={port} label={label} value={value} readOnly={readOnly} change={(next) => ((became.current = isExpression(next)), change(next))} />
      )}
      {problem && <span className="text-sm wrap-anywhere text-failed">{problem}</span>}
      {port.schema.description && <span className="text-sm text-muted">{port.schema.description}</span>}
    </div>
  );
}
