// What the studio shows of other features; src/app puts it in.
import { type ComponentType, createContext, useContext } from "react";
import type { Run, Step } from "@/api/runs";

export interface Slots {
  Fork: ComponentType<{ run: Run; steps: Step[]; from: string; close: () => void; then: (run: Run) => void }>;
  Settle: ComponentType<{ run: Run; step: Step }>;
  Approval: ComponentType<{ run: Run; step: Step }>;
}
const none = () => null;
const Context = createContext<Slots>({ Fork: none, Settle: none, Approval: none });

export const RunSlots = Context.Provider;
export const useSlots = () => useContext(Context);
