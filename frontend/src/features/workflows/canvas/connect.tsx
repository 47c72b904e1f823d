// "Connect to…": the same as drawing a wire, by search and Enter.
import { useTranslation } from "react-i18next";
import { Finder, type Found } from "@/ui/finder";
import { nodeAt } from "../model/read";
import type { Flow, Path } from "../model/types";
import { Floating, type Where } from "./add";
import type { Edge } from "./graph";
import { type Blocks, type End, goals, reference } from "./wiring";

export function ConnectTo({ at, from, flow, edges, blocks, close, choose }: {
  at: Where;
  from: Path;
  flow: Flow;
  edges: Edge[];
  blocks: Blocks;
  close: () => void;
  choose: (to: End) => void;
}) {
  const { t } = useTranslation();
  const entries = goals(flow, edges, blocks, { path: from }).map((to): Found => {
    const node = nodeAt(flow, to.path);
    const title = String(node?.body.title ?? "") || (node?.id ?? to.path);
    return {
      key: `${to.path}-${to.field ?? ""}`,
      title: to.field ? `${title} · ${to.field}` : title,
      kind: to.field ? reference(flow, blocks, { path: from }, to) : t("canvas.orderOnly"),
      words: to.path,
      choose: () => choose(to),
    };
  });
  const label = t("canvas.connectFrom", { from });
  return (
    <Floating at={at} label={label} close={close}>
      <Finder label={label} placeholder={t("canvas.connectSearch")} nothing={t("canvas.connectNothing")} of={entries} close={close} />
    </Floating>
  );
}
