// The variables that a field may refer to, with their values of the last run.
import { Variable } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Finder, type Found } from "@/ui/finder";
import type { Path } from "../model/types";
import { useBench } from "../run/bench";
import { useScope } from "../run/use-scope";
import { useStudio } from "../state";
import { type Name, namesAt } from "./names";
import { brief } from "./values";

export function Picker({ path, label, choose }: { path: Path; label: string; choose: (reference: string) => void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => place.current?.contains(event.target as globalThis.Node) || setOpen(false);
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, [open]);
  return (
    <span ref={place} className="relative">
      <button
        type="button"
        aria-label={t("config.pick", { of: label })}
        title={t("config.pick", { of: label })}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="grid size-7 place-items-center rounded-md border bg-panel text-muted hover:bg-hover hover:text-ink"
      >
        <Variable aria-hidden size={15} />
      </button>
      {open && (
        <div role="dialog" aria-label={t("config.pick", { of: label })} className="absolute end-0 top-8 z-40 w-80 overflow-hidden rounded-lg border bg-raised shadow-float">
          <Names path={path} close={() => setOpen(false)} choose={(name) => (setOpen(false), choose(name))} />
        </div>
      )}
    </span>
  );
}

function Names({ path, choose, close }: { path: Path; choose: (reference: string) => void; close: () => void }) {
  const { t } = useTranslation();
  const { edges } = useStudio();
  const { flow, blocks } = useBench();
  const everything = flow.nodes.map(({ id }) => id).join(" ");
  const names = namesAt(flow, path, edges, blocks, useScope(path, everything));
  return <Finder label={t("config.variables")} placeholder={t("config.searchVariables")} nothing={t("config.noVariables")} close={close} of={names.map((name) => entryOf(name, choose))} />;
}

function entryOf({ path, of, value, types }: Name, choose: (reference: string) => void): Found {
  return {
    key: path.replace(/\W/g, "-"),
    title: path,
    group: of,
    kind: types.join(" | "),
    hint: value === undefined ? undefined : brief(value, 60),
    choose: () => choose(path),
  };
}
