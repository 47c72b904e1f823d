// What the app puts into a thread, because it is another feature's.
import { type ComponentType, createContext } from "react";

export interface Asking {
  id: string; // of an approval
  onDecided: () => void;
}

export interface Keying {
  onKept: () => void;
  onCancel: () => void;
}

export const KeySlot = createContext<ComponentType<Keying>>(() => null);
export const ApprovalSlot = createContext<ComponentType<Asking>>(() => null);
