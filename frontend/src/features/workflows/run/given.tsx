// What a node was given: its own input as it was, and what it may refer to.
import { useTranslation } from "react-i18next";
import { Value } from "@/ui/value";
import { boundAt, inSight } from "../canvas/graph";
import type { Node } from "../model/types";
import { useStudio } from "../state";
import { useBench } from "./bench";
import { RoomChoice } from "./rooms";
import { stepAt } from "./steps";
import { useScope } from "./use-scope";

export default function Given({ node }: { node: Node }) {
  const { t } = useTranslation();
  const { edges } = useStudio();
  const { flow, mine, roomsAt, run } = useBench();
  const step = stepAt(mine, node.path, roomsAt(node.path));
  const near = inSight(flow, node.path, edges);
  const feeding = new Set(edges.filter(({ to }) => to === node.path).map(({ from }) => from));
  const names = [...near.filter(({ path }) => feeding.has(path)), ...near.filter(({ path }) => !feeding.has(path))].map(({ id }) => id);
  const scope = useScope(node.path, names.join(" "));
  const all = [...boundAt(flow, node.path), ...names].filter((name) => scope[name] !== undefined);
  if (!run) return <p className="text-muted">{t("studio.noRunYet")}</p>;
  return (
    <div className="flex flex-col gap-4">
      <RoomChoice path={node.path} />
      {step?.input !== undefined && step.input !== null && <Value title={t("studio.arguments")} value={step.input} />}
      {all.map((name) => (
        <details key={name} open={name === "item" || feeding.has(near.find(({ id }) => id === name)?.path ?? "") || undefined}>
          <summary className="min-h-7 font-mono text-sm font-medium">{name}</summary>
          <Value title={name} value={scope[name]} />
        </details>
      ))}
    </div>
  );
}
