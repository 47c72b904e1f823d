// Two versions on one canvas: what was added, removed and changed. Nothing is written here.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { blocksQuery } from "@/api/blocks";
import { versionQuery } from "@/api/definitions";
import { Failure, Skeleton } from "@/ui";
import { read } from "../model/read";
import type { Path } from "../model/types";
import { checkQuery } from "../queries";
import { NO_FLOW, type Studio, StudioGiven } from "../state";
import Canvas from "./canvas";
import { compared } from "./compare";
import { nodePath } from "./problems";

const nothing = () => {};

/** `look`: a place of the text, as the differences name it, to be led to. */
export default function VersionsCanvas({ id, from, to, look }: { id: string; from: number; to: number; look?: { path: string } }) {
  const { t } = useTranslation();
  const blocks = useQuery(blocksQuery());
  const before = useVersion(id, from);
  const after = useVersion(id, to);
  const [selected, select] = useState<Path[]>([]);
  const both = useMemo(() => compared(before, after), [before.flow, before.edges, after.flow, after.edges]);
  const sought = useMemo(() => look && { path: nodePath(look.path) }, [look]);
  const studio = useMemo<Studio>(
    () => ({
      id, version: to, flow: both.flow, wrong: null, text: after.text, problems: [], checked: true, edges: both.edges, selected, select, apply: nothing, looked: null,
      lookAt: nothing, undo: nothing, redo: nothing, canUndo: false, canRedo: false, unsaved: false, save: () => Promise.reject(new Error("This is only looked at.")),
      drop: nothing, conflict: null, rebase: nothing, elsewhere: false, mayWrite: false, readOnly: true,
    }),
    [id, to, both, after.text, selected],
  );
  const wrong = blocks.error ?? before.error ?? after.error;
  if (wrong) return <Failure of={wrong} />;
  if (!blocks.data || !before.ready || !after.ready) return <Skeleton />;
  return (
    <section aria-label={t("canvas.compared", { from, to })} className="h-[60dvh] min-h-80 overflow-hidden rounded-lg border">
      <StudioGiven value={studio}>
        <Canvas key={`${from} ${to}`} flow={both.flow} blocks={blocks.data} marks={both.marks} look={sought} readOnly />
      </StudioGiven>
    </section>
  );
}

function useVersion(id: string, number: number) {
  const version = useQuery(versionQuery("workflow", id, number));
  const text = version.data?.text ?? "";
  const check = useQuery({ ...checkQuery(text), enabled: text !== "" });
  const flow = useMemo(() => read(text).flow ?? NO_FLOW, [text]);
  const edges = useMemo(() => check.data?.edges ?? [], [check.data]);
  return { text, flow, edges, ready: Boolean(version.data && check.data), error: version.error ?? check.error };
}
