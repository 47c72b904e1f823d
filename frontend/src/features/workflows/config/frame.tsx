// The fields of an `each` and of a `loop`, and what they give.
import { useTranslation } from "react-i18next";
import { Field } from "@/ui";
import type { Node } from "../model/types";
import { useStudio } from "../state";
import { Expression } from "./expression";
import { ConfigField } from "./field";
import { Written } from "./fixed";
import { TypedLine } from "./typed";
import { problemAt, useNode } from "./use-node";

export function FrameConfig({ node }: { node: Node }) {
  const { t } = useTranslation();
  const { problems } = useStudio();
  const { set, readOnly } = useNode(node);
  const each = (node.body.each ?? {}) as { items?: unknown; at_once?: number };
  const loop = (node.body.loop ?? {}) as { until?: unknown; max?: number };
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t(node.kind === "each" ? "config.eachHint" : "config.loopHint")}</p>
      {node.kind === "each" ? (
        <>
          <ConfigField
            path={node.path}
            port={{ name: "items", types: ["array"], required: true, schema: {} }}
            value={each.items}
            problem={problemAt(problems, node, ["each", "items"])}
            readOnly={readOnly}
            change={(value) => set(["each", "items"], value)}
          />
          <Amount label={t("config.atOnce")} value={each.at_once} most={1000} usual={10} readOnly={readOnly} change={(value) => set(["each", "at_once"], value)} />
        </>
      ) : (
        <>
          <div className="flex flex-col gap-1">
            <span className="font-medium">{t("config.until")}</span>
            <Expression bare path={`${node.path}._`} label={t("config.until")} value={String(loop.until ?? "")} readOnly={readOnly} change={(value) => set(["loop", "until"], value || undefined)} />
          </div>
          <Amount label={t("config.max")} value={loop.max} most={10_000} usual={100} readOnly={readOnly} change={(value) => set(["loop", "max"], value)} />
        </>
      )}
      <div className="flex flex-col gap-1">
        <span className="font-medium">{t("config.output")}</span>
        <Written types={[]} aria-label={t("config.output")} value={node.body.output} readOnly={readOnly} change={(value) => set(["output"], value)} />
        <span className="text-sm text-muted">{t("config.outputHint")}</span>
      </div>
    </div>
  );
}

function Amount({ label, value, most, usual, readOnly, change }: { label: string; value?: number; most: number; usual: number; readOnly: boolean; change: (value: number | undefined) => void }) {
  return (
    <Field label={label}>
      <TypedLine
        type="number"
        className="max-w-28"
        min={1}
        max={most}
        disabled={readOnly}
        placeholder={String(usual)}
        value={String(value ?? "")}
        change={(text) => change(text === "" ? undefined : Number(text))}
      />
    </Field>
  );
}
