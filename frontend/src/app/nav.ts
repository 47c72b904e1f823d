// The places of the app. Later ones (members, policies, knowledge) get a line here when they exist.
import { Activity, House, type LucideIcon } from "lucide-react";

export interface Place {
  to: "/" | "/runs";
  name: "home" | "runs";
  icon: LucideIcon;
  key: string; // pressed after g
}

export const PLACES: Place[] = [
  { to: "/", name: "home", icon: House, key: "h" },
  { to: "/runs", name: "runs", icon: Activity, key: "r" },
];
