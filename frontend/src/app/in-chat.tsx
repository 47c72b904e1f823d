// What a conversation shows of other features: decisions, and the key that a demo answer lacks.
import type { ReactNode } from "react";
import { ApprovalSlot, KeySlot } from "@/features/chat/slots";
import { KeyForm } from "@/features/models/key";
import { ApprovalCard } from "./approval-card";

export function InChat({ children }: { children: ReactNode }) {
  return (
    <ApprovalSlot value={ApprovalCard}>
      <KeySlot value={KeyForm}>{children}</KeySlot>
    </ApprovalSlot>
  );
}
