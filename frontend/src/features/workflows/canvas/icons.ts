import {
  Bot, Braces, Calculator, CalendarClock, Database, File, FlaskConical, Globe, type LucideIcon, List, Mail, Plug, Repeat, RotateCw, Sparkles, Split, Type, Waypoints, Box,
} from "lucide-react";
import type { Node } from "../model/types";

const ICONS: Record<string, LucideIcon> = {
  agent: Bot, ai: Sparkles, code: Braces, data: Database, date: CalendarClock, file: File, flow: Waypoints, http: Globe, list: List, logic: Split,
  mail: Mail, math: Calculator, test: FlaskConical, text: Type, tool: Plug, each: Repeat, loop: RotateCw,
};

export function iconOf(category: string): LucideIcon {
  return ICONS[category] ?? Box;
}

/** `ai` of a block `ai.answer`; a frame is a category of its own. */
export function categoryOf(node: Node): string {
  return node.kind === "block" ? (node.block ?? "").split(".")[0] ?? "" : node.kind;
}
