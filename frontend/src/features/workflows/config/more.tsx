// When a node runs, what it waits for, how often it is tried, who has to agree.
import { useTranslation } from "react-i18next";
import { Field, input } from "@/ui";
import { allNodes, nodeAt } from "../model/read";
import type { Node } from "../model/types";
import { useBench } from "../run/bench";
import { useStudio } from "../state";
import { behind } from "../canvas/graph";
import { Expression } from "./expression";
import { problemAt, useNode } from "./use-node";
import { Approval, Retry } from "./policies";
import { TypedLine, TypedText } from "./typed";

export function More({ node }: { node: Node }) {
  const { t } = useTranslation();
  const { problems } = useStudio();
  const { blocks } = useBench();
  const { set, readOnly, said } = useNode(node);
  const text = (key: string) => String(node.body[key] ?? "");
  const wrong = problemAt(problems, node, ["when"]);
  return (
    <details className="border-t pt-3" open={["when", "after", "retry", "timeout", "on_error", "approve"].some((key) => node.body[key] !== undefined) || undefined}>
      <summary className="min-h-7 font-medium">{t("config.behaviour")}</summary>
      <div className="flex flex-col gap-4 pt-3">
        <div className="flex flex-col gap-1">
          <span className="font-medium">{t("config.when")}</span>
          <Expression bare path={node.path} label={t("config.when")} value={text("when")} wrong={Boolean(wrong)} readOnly={readOnly} change={(value) => set(["when"], value || undefined)} />
          {wrong ? <span className="text-sm text-failed">{wrong}</span> : <span className="text-sm text-muted">{t("config.whenHint")}</span>}
        </div>
        <After node={node} set={(after) => set(["after"], after.length ? after : undefined)} readOnly={readOnly} />
        {node.kind === "block" && <Approval node={node} set={set} readOnly={readOnly} />}
        <Field label={t("config.onError")}>
          <select className={input} disabled={readOnly} value={text("on_error") || "fail"} onChange={(event) => set(["on_error"], event.target.value === "fail" ? undefined : event.target.value)}>
            <option value="fail">{t("config.fail")}</option>
            <option value="continue">{t("config.continue")}</option>
          </select>
        </Field>
        {node.kind === "block" && <Retry node={node} set={set} readOnly={readOnly} />}
        {node.kind === "block" && (
          <Field label={t("config.timeout")} hint={t("config.timeoutHint")}>
            <TypedLine disabled={readOnly} placeholder="2m" value={text("timeout")} change={(value) => set(["timeout"], value || undefined)} />
          </Field>
        )}
        {node.kind === "block" && (
          <Field label={t("config.effect")}>
            <select className={input} disabled={readOnly} value={text("effect")} onChange={(event) => set(["effect"], event.target.value || undefined)}>
              <option value="">{t("config.effectOwn")}</option>
              <option value="once">once</option>
              <option value="idempotent">idempotent</option>
            </select>
          </Field>
        )}
        {node.kind === "block" && (
          <Field label={t("config.block")}>
            <select className={`${input} font-mono text-sm`} disabled={readOnly} value={text("block")} onChange={(event) => set(["block"], event.target.value)}>
              {!blocks.has(text("block")) && <option>{text("block")}</option>}
              {[...blocks.keys()].sort().map((id) => <option key={id}>{id}</option>)}
            </select>
          </Field>
        )}
        <Field label={t("config.title")}>
          <TypedLine disabled={readOnly} value={text("title")} change={(value) => set(["title"], value || undefined)} />
        </Field>
        <Field label={t("config.note")}>
          <TypedText rows={2} disabled={readOnly} value={text("note")} change={(value) => set(["note"], value || undefined)} />
        </Field>
      </div>
      <p role="status" className="sr-only">{said}</p>
    </details>
  );
}

/** What it waits for without referring to it: any node of its frame that does not wait for it. */
function After({ node, set, readOnly }: { node: Node; set: (after: string[]) => void; readOnly: boolean }) {
  const { t } = useTranslation();
  const { flow } = useBench();
  const { edges } = useStudio();
  const after = Array.isArray(node.body.after) ? node.body.after.map(String) : [];
  const beside = node.frame ? (nodeAt(flow, node.frame)?.nodes ?? []) : flow.nodes;
  const later = behind(node.path, edges);
  const open = allNodes(beside).filter((one) => one.frame === node.frame && one.path !== node.path && (!later.has(one.path) || after.includes(one.id)));
  if (!open.length) return null;
  return (
    <fieldset className="flex max-h-44 flex-col overflow-y-auto rounded-md border p-2">
      <legend className="px-1 font-medium">{t("config.after")}</legend>
      {open.map(({ id }) => (
        <label key={id} className="flex min-h-7 items-center gap-2">
          <input type="checkbox" className="size-4 accent-accent" disabled={readOnly} checked={after.includes(id)} onChange={(event) => set(event.target.checked ? [...after, id] : after.filter((one) => one !== id))} />
          <span className="truncate font-mono text-sm">{id}</span>
        </label>
      ))}
    </fieldset>
  );
}
