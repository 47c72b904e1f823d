import { useState } from "react";
import type { Filters } from "./queries";

export interface Kept {
  name: string;
  search: Filters;
}
const KEY = "troupe.runs.saved";

function read(): Kept[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Kept[];
  } catch {
    return [];
  }
}

/** Filters that this browser keeps by name; the same name again takes the place of the old one. */
export function useSaved(): [Kept[], (name: string, search: Filters) => void, (name: string) => void] {
  const [saved, setSaved] = useState(read);
  const write = (next: Kept[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setSaved(next);
  };
  const others = (name: string) => saved.filter((one) => one.name !== name);
  return [saved, (name, search) => write([...others(name), { name, search }]), (name) => write(others(name))];
}
