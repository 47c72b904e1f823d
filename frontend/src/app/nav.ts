// The places of the app. Later ones (members, policies, knowledge) get a line here when they exist.
import {
  Activity, BookOpen, Bot, ChartColumn, Cpu, House, Inbox, type LucideIcon, MessagesSquare, Plug, Settings, Workflow,
} from "lucide-react";

export interface Place {
  to: "/" | "/chat" | "/agents" | "/workflows" | "/runs" | "/approvals" | "/connections" | "/models" | "/dashboard" | "/settings" | "/help";
  name: "home" | "chat" | "agents" | "workflows" | "runs" | "approvals" | "connections" | "models" | "dashboard" | "settings" | "help";
  icon: LucideIcon;
  key: string; // pressed after g
}

export const PLACES: Place[] = [
  { to: "/", name: "home", icon: House, key: "h" },
  { to: "/chat", name: "chat", icon: MessagesSquare, key: "c" },
  { to: "/agents", name: "agents", icon: Bot, key: "g" },
  { to: "/workflows", name: "workflows", icon: Workflow, key: "w" },
  { to: "/runs", name: "runs", icon: Activity, key: "r" },
  { to: "/approvals", name: "approvals", icon: Inbox, key: "a" },
  { to: "/connections", name: "connections", icon: Plug, key: "n" },
  { to: "/models", name: "models", icon: Cpu, key: "m" },
  { to: "/dashboard", name: "dashboard", icon: ChartColumn, key: "d" },
  { to: "/settings", name: "settings", icon: Settings, key: "," },
  { to: "/help", name: "help", icon: BookOpen, key: "e" },
];
