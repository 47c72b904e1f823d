import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";
import type { Keys, Node } from "../model/types";
import { TypedLine, useWritten } from "./typed";

interface Props {
  node: Node;
  set: (keys: Keys, value: unknown) => void;
  readOnly: boolean;
}

/** A person decides before the node acts. */
export function Approval({ node, set, readOnly }: Props) {
  const { t } = useTranslation();
  const approve = node.body.approve as { by?: string[]; expires?: string } | undefined;
  return (
    <div role="group" aria-label={t("config.approve")} className={`flex flex-col gap-2 ${approve === undefined ? "" : "rounded-md border p-2"}`}>
      <label className="flex min-h-7 items-center gap-2 font-medium">
        <input type="checkbox" className="size-4 accent-accent" disabled={readOnly} checked={approve !== undefined} onChange={(event) => set(["approve"], event.target.checked ? { by: ["editor"], expires: "3d" } : undefined)} />
        {t("config.approve")}
      </label>
      {approve && (
        <div className="grid grid-cols-2 gap-2">
          <Field label={t("config.approveBy")}>
            <Names of={approve.by} readOnly={readOnly} change={(by) => set(["approve", "by"], by)} />
          </Field>
          <Field label={t("config.expires")}>
            <TypedLine disabled={readOnly} placeholder="3d" value={String(approve.expires ?? "")} change={(text) => set(["approve", "expires"], text || undefined)} />
          </Field>
        </div>
      )}
    </div>
  );
}

/** How often a failed step is tried again, and after which pauses. */
export function Retry({ node, set, readOnly }: Props) {
  const { t } = useTranslation();
  const retry = node.body.retry as { attempts?: number; first?: unknown; factor?: number; max?: unknown; on?: string[] } | undefined;
  const number = (text: string) => (text === "" ? undefined : Number(text));
  return (
    <div role="group" aria-label={t("config.retry")} className={`flex flex-col gap-2 ${retry === undefined ? "" : "rounded-md border p-2"}`}>
      <label className="flex min-h-7 items-center gap-2 font-medium">
        <input type="checkbox" className="size-4 accent-accent" disabled={readOnly} checked={retry !== undefined} onChange={(event) => set(["retry"], event.target.checked ? { attempts: 3, first: "1s", factor: 2, max: "60s" } : undefined)} />
        {t("config.retry")}
      </label>
      {retry && (
        <div className="grid grid-cols-2 gap-2">
          <Field label={t("config.attempts")}>
            <TypedLine type="number" min={1} max={100} disabled={readOnly} placeholder="3" value={String(retry.attempts ?? "")} change={(text) => set(["retry", "attempts"], number(text))} />
          </Field>
          <Field label={t("config.factor")}>
            <TypedLine type="number" min={1} max={10} step="any" disabled={readOnly} placeholder="2" value={String(retry.factor ?? "")} change={(text) => set(["retry", "factor"], number(text))} />
          </Field>
          <Field label={t("config.first")}>
            <TypedLine disabled={readOnly} placeholder="1s" value={String(retry.first ?? "")} change={(text) => set(["retry", "first"], text || undefined)} />
          </Field>
          <Field label={t("config.longest")}>
            <TypedLine disabled={readOnly} placeholder="60s" value={String(retry.max ?? "")} change={(text) => set(["retry", "max"], text || undefined)} />
          </Field>
          <Field label={t("config.on")} hint={t("config.onHint")}>
            <Names of={retry.on} readOnly={readOnly} change={(on) => set(["retry", "on"], on)} />
          </Field>
        </div>
      )}
    </div>
  );
}

/** Names with commas between them; a comma that is just being written stays. */
function Names({ of = [], readOnly, change }: { of?: string[]; readOnly: boolean; change: (names: string[] | undefined) => void }) {
  const said = of.join(", ");
  const { text, setText, on } = useWritten(said, (now) => listOf(now).join(", ") === said);
  return (
    <input
      {...on}
      className={input}
      disabled={readOnly}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        const names = listOf(event.target.value);
        change(names.length ? names : undefined);
      }}
    />
  );
}

function listOf(text: string): string[] {
  return text.split(/\s*,\s*/).filter(Boolean);
}
