import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useState } from "react";
import type { Boxes } from "./layout";
import { openingOf } from "./steer";
import type { Canvas } from "./use-drawn";

const CALM = 600; // milliseconds after which the map may take its time too

/** Brings the workflow into sight when it is opened; says when what can wait may begin. */
export function useOpening(stage: RefObject<HTMLElement | null>, { nodes, linked, opened }: Canvas, seen: Boxes): boolean {
  const view = useReactFlow();
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(true), CALM);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    // What has no place moves once when the first edges come, so that it is brought into sight again.
    if (!nodes.length || opened.current === "linked") return;
    if (opened.current === "seen" && !linked) return;
    opened.current = linked ? "linked" : "seen";
    const { clientWidth, clientHeight } = stage.current as HTMLElement;
    void view.setViewport(openingOf(Object.values(seen), clientWidth, clientHeight));
  }, [nodes, linked, view, seen, opened, stage]);
  return calm;
}
