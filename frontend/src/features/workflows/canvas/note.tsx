// A note on the canvas, written where it lies.
import { NodeResizer, type NodeProps } from "@xyflow/react";
import { memo, useContext, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Paper } from "./data";
import { Notes } from "./notes";

export const NotePaper = memo(function NotePaper({ data: { note }, selected }: NodeProps<Paper>) {
  const { t } = useTranslation();
  const { write, resize, readOnly } = useContext(Notes);
  const [text, setText] = useState(note.text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setText(note.text), [note.text]);
  return (
    <div className={`card h-full w-full rounded-md border p-1 ${selected ? "border-accent ring-1 ring-accent" : "border-review/40"} bg-[color-mix(in_oklch,var(--review)_12%,var(--panel))]`}>
      {!readOnly && <NodeResizer isVisible={selected} minWidth={120} minHeight={60} onResizeEnd={(_, { width, height }) => resize(note.id, [Math.round(width), Math.round(height)])} />}
      <textarea
        ref={field}
        aria-label={t("canvas.note")}
        placeholder={t("canvas.noteHint")}
        readOnly={readOnly}
        className="nodrag nowheel h-full w-full resize-none bg-transparent px-2 py-1 text-sm outline-none"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => text !== note.text && write(note.id, text)}
      />
    </div>
  );
});
