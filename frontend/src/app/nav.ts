// The places of the app. Later ones (members, policies, knowledge) get a line here when they exist.
import { Activity, ChartColumn, House, Inbox, type LucideIcon, Settings } from "lucide-react";

export interface Place {
  to: "/" | "/runs" | "/approvals" | "/dashboard" | "/settings";
  name: "home" | "runs" | "approvals" | "dashboard" | "settings";
  icon: LucideIcon;
  key: string; // pressed after g
}

export const PLACES: Place[] = [
  { to: "/", name: "home", icon: House, key: "h" },
  { to: "/runs", name: "runs", icon: Activity, key: "r" },
  { to: "/approvals", name: "approvals", icon: Inbox, key: "a" },
  { to: "/dashboard", name: "dashboard", icon: ChartColumn, key: "d" },
  { to: "/settings", name: "settings", icon: Settings, key: "," },
];
