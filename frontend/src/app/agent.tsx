import { lazy } from "react";
import { AgentPage } from "@/features/agents/page";

const TryAgent = lazy(() => import("./try-agent"));

/** An agent with a chat beside it, which is loaded when it is opened. */
export function Agent() {
  return <AgentPage TryOut={TryAgent} />;
}
