import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type Role = Schemas["Me"]["role"];
const ROLES: Role[] = ["viewer", "editor", "admin", "owner"];

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => body(api.GET("/api/v1/me")),
  staleTime: 60_000,
});

/** Whether who is signed in may do what a role may. */
export function useMay(role: Role): boolean {
  const me = useQuery(meQuery);
  return me.data !== undefined && ROLES.indexOf(me.data.role) >= ROLES.indexOf(role);
}
