// The canvas with what belongs to it: running above, the panel of what is selected beside.
import { lazy, Suspense, useState, useSyncExternalStore } from "react";
import { Skeleton } from "@/ui";
import { Panel } from "../config/panel";
import { focusPanel } from "../focus";
import { nodeAt } from "../model/read";
import { RunBar } from "../run/bar";
import { useBench } from "../run/bench";
import { isEmpty } from "../run/input";
import { useStudio } from "../state";

const canvas = import("./canvas"); // it is sure to be needed
const Canvas = lazy(() => canvas);
const NARROW = "(max-width: 767px)";

/** On a phone the canvas is there to look at. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (tell) => {
      const media = matchMedia(NARROW);
      media.addEventListener("change", tell);
      return () => media.removeEventListener("change", tell);
    },
    () => matchMedia(NARROW).matches,
  );
}

/** `panel`: what is selected is shown beside it. */
export default function CanvasView({ panel = true }: { panel?: boolean }) {
  const { flow, selected, problems } = useStudio();
  const bench = useBench();
  const narrow = useNarrow();
  const [wide, setWide] = useState(false);
  const [asking, setAsking] = useState(false);
  const run = () => {
    if (problems.length) return;
    if (flow.input && isEmpty(bench.input)) setAsking(true);
    else bench.start({});
  };
  return (
    <div className="relative flex h-full min-h-0 flex-col">
      <RunBar open={asking} setOpen={setAsking} />
      <div className="relative flex min-h-0 flex-1 flex-col md:flex-row">
        <div className="min-h-[50dvh] min-w-0 flex-1 md:min-h-0">
          <Suspense fallback={<Skeleton />}>
            <Canvas flow={flow} blocks={bench.blocks} went={bench.shown ? bench.went : undefined} pinned={bench.pinned} readOnly={narrow} open={focusPanel} run={run} />
          </Suspense>
        </div>
        {panel && (!narrow || (selected.length === 1 && nodeAt(flow, selected[0] as string))) && <Panel wide={wide} setWide={setWide} />}
      </div>
    </div>
  );
}
