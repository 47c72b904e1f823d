// Search to add: every block by category, frames and notes, in the place where it is wanted.
import { Repeat, RotateCw, StickyNote } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Finder, type Found } from "@/ui/finder";
import { iconOf } from "./icons";
import type { Blocks, Kind } from "./wiring";

export interface Where {
  x: number; // pixels from the canvas's corner
  y: number;
}
const SIZE = { width: 340, height: 400 };

/** A panel that floats over the canvas near a place and stays within it. */
export function Floating({ at, label, close, children }: { at: Where; label: string; close: () => void; children: React.ReactNode }) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const outside = (event: PointerEvent) => panel.current?.contains(event.target as globalThis.Node) || close();
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, [close]);
  const room = panel.current?.parentElement ?? document.querySelector(".react-flow");
  const [width, height] = [room?.clientWidth ?? SIZE.width, room?.clientHeight ?? SIZE.height];
  return (
    <div
      ref={panel}
      role="dialog"
      aria-label={label}
      className="nowheel absolute z-30 w-85 max-w-full overflow-hidden rounded-lg border bg-raised shadow-float"
      style={{ insetInlineStart: Math.max(8, Math.min(at.x, width - SIZE.width - 8)), top: Math.max(8, Math.min(at.y, height - SIZE.height - 8)) }}
    >
      {children}
    </div>
  );
}

export function Add({ at, blocks, close, choose, note }: { at: Where; blocks: Blocks; close: () => void; choose: (kind: Kind) => void; note?: () => void }) {
  const { t } = useTranslation();
  return (
    <Floating at={at} label={t("canvas.add")} close={close}>
      <Finder label={t("canvas.add")} placeholder={t("canvas.addSearch")} nothing={t("canvas.addNothing")} of={useKinds(blocks, choose, note)} close={close} />
    </Floating>
  );
}

export function useKinds(blocks: Blocks, choose: (kind: Kind) => void, note?: () => void): Found[] {
  const { t } = useTranslation();
  const frames: Found[] = [
    { key: "each", title: t("canvas.addEach"), group: t("canvas.frames"), hint: t("canvas.addEachHint"), words: "each for loop items", icon: <Repeat aria-hidden size={16} className="text-accent" />, choose: () => choose({ frame: "each" }) },
    { key: "loop", title: t("canvas.addLoop"), group: t("canvas.frames"), hint: t("canvas.addLoopHint"), words: "loop until repeat while", icon: <RotateCw aria-hidden size={16} className="text-accent" />, choose: () => choose({ frame: "loop" }) },
    ...(note ? [{ key: "note", title: t("canvas.note"), group: t("canvas.frames"), words: "sticky comment", icon: <StickyNote aria-hidden size={16} className="text-accent" />, choose: note }] : []),
  ];
  const found = [...blocks.values()].sort((a, b) => a.category.localeCompare(b.category) || a.title.localeCompare(b.title)).map((block): Found => {
    const Icon = iconOf(block.category);
    return {
      key: block.id.replace(".", "-"),
      title: block.title,
      kind: block.id,
      group: t(`canvas.categories.${block.category as "ai"}`, { defaultValue: block.category }),
      hint: block.description.split("\n")[0],
      icon: <Icon aria-hidden size={16} className="shrink-0 text-accent" />,
      choose: () => choose({ block }),
    };
  });
  return [...found, ...frames];
}
