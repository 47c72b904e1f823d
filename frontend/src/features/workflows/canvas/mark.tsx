import { type LucideIcon, Minus, Pencil, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Mark } from "./data";

export const MARK_WORDS = { added: "definition.added", removed: "definition.removed", changed: "definition.wasChanged" } as const;
const MARKS: Record<Mark, [LucideIcon, string]> = { added: [Plus, "text-done"], removed: [Minus, "text-failed"], changed: [Pencil, "text-review"] };
export const MARK_RINGS: Record<Mark, string> = { added: "border-done", removed: "border-dashed border-failed", changed: "border-review" };

/** What became of a node between two versions: icon, word and colour. */
export function Marked({ of }: { of: Mark }) {
  const { t } = useTranslation();
  const [Icon, colour] = MARKS[of];
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium ${colour}`}>
      <Icon aria-hidden size={14} />
      {t(MARK_WORDS[of])}
    </span>
  );
}
