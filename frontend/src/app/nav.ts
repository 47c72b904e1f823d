// The places of the app. Later ones (members, policies, knowledge) get a line here when they exist.
import { Activity, Bot, Cpu, House, type LucideIcon, MessagesSquare, Plug } from "lucide-react";

export interface Place {
  to: "/" | "/runs" | "/chat" | "/agents" | "/connections" | "/models";
  name: "home" | "runs" | "chat" | "agents" | "connections" | "models";
  icon: LucideIcon;
  key: string; // pressed after g
}

export const PLACES: Place[] = [
  { to: "/", name: "home", icon: House, key: "h" },
  { to: "/runs", name: "runs", icon: Activity, key: "r" },
  { to: "/chat", name: "chat", icon: MessagesSquare, key: "c" },
  { to: "/agents", name: "agents", icon: Bot, key: "g" },
  { to: "/connections", name: "connections", icon: Plug, key: "n" },
  { to: "/models", name: "models", icon: Cpu, key: "m" },
];
