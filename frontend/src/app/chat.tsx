import { ConversationPage } from "@/features/chat/page";
import { ApprovalSlot } from "@/features/chat/slots";
import { ApprovalCard } from "./approval-card";

/** A conversation in which approvals are decided in place. */
export function Conversation() {
  return (
    <ApprovalSlot value={ApprovalCard}>
      <ConversationPage />
    </ApprovalSlot>
  );
}
