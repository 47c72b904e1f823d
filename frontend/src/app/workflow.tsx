import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback } from "react";
import type { Run, Step } from "@/api/runs";
import { approvalsOfQuery } from "@/features/runs/queries";
import { WorkflowPage } from "@/features/workflows/page";
import { type Slots, RunSlots } from "@/features/workflows/run/slots";
import { ApprovalCard } from "./approval-card";

const ForkForm = lazy(() => import("@/features/runs/fork").then(({ Fork }) => ({ default: Fork })));
const SettleForm = lazy(() => import("@/features/runs/settle").then(({ Settle }) => ({ default: Settle })));

const SLOTS: Slots = {
  Fork: (given) => <Suspense><ForkForm {...given} /></Suspense>,
  Settle: (given) => <Suspense><SettleForm {...given} /></Suspense>,
  Approval: Asked,
};

/** A workflow in the studio, where runs are forked, steps settled and approvals decided in place. */
export function Workflow() {
  return (
    <RunSlots value={SLOTS}>
      <WorkflowPage />
    </RunSlots>
  );
}

function Asked({ run, step }: { run: Run; step: Step }) {
  const queries = useQueryClient();
  const approvals = useQuery(approvalsOfQuery(run.id));
  const one = approvals.data?.find((found) => step.key.startsWith(found.step) && found.status === "pending");
  const decided = useCallback(() => void queries.invalidateQueries({ queryKey: ["run", run.id] }), [queries, run.id]);
  return one ? <ApprovalCard id={one.id} onDecided={decided} /> : null;
}
