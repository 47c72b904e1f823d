import { ConversationPage } from "@/features/chat/page";
import { InChat } from "./in-chat";

/** A conversation in which approvals are decided, and a key is given, in place. */
export function Conversation() {
  return (
    <InChat>
      <ConversationPage />
    </InChat>
  );
}
