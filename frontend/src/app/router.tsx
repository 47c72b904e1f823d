// Every route, one a line; what a page needs is loaded when it is opened.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Crash, Nowhere } from "./errors";
import { Shell } from "./shell";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Shell,
  notFoundComponent: Nowhere,
});

type Filters = Record<string, string | undefined>;

/** Filters and selection live in the URL, as plain text. */
function filters(given: Record<string, unknown>): Filters {
  return Object.fromEntries(Object.entries(given).flatMap(([k, v]) => (v === undefined || v === "" ? [] : [[k, String(v)]])));
}

/** The studio's code and data come side by side, from the moment that its link is pointed at. */
function studio({ context, params, location, cause }: { context: { queries: QueryClient }; params: { id: string }; location: { search: Filters }; cause: string }): void {
  void import("@/features/workflows/ahead").then(({ ahead }) => ahead(context.queries, params.id, location.search.view, cause !== "preload"));
}

const at = () => root;
const routes = [
  createRoute({ getParentRoute: at, path: "/", component: lazyRouteComponent(() => import("./home"), "Home") }),
  createRoute({ getParentRoute: at, path: "/runs", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/runs/list"), "Runs") }),
  createRoute({ getParentRoute: at, path: "/runs/$id", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/runs/page"), "RunPage") }),
  createRoute({ getParentRoute: at, path: "/runs/compare", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/runs/compare"), "Compare") }),
  createRoute({ getParentRoute: at, path: "/approvals", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/approvals/list"), "Approvals") }),
  createRoute({ getParentRoute: at, path: "/approvals/$id", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/approvals/page"), "ApprovalPage") }),
  createRoute({ getParentRoute: at, path: "/dashboard", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/dashboard/page"), "Dashboard") }),
  createRoute({ getParentRoute: at, path: "/settings", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/settings/page"), "SettingsPage") }),
  createRoute({ getParentRoute: at, path: "/chat", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/chat/page"), "Chat") }),
  createRoute({ getParentRoute: at, path: "/chat/$conversation", validateSearch: filters, component: lazyRouteComponent(() => import("./chat"), "Conversation") }),
  createRoute({ getParentRoute: at, path: "/agents", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/agents/list"), "Agents") }),
  createRoute({ getParentRoute: at, path: "/agents/$id", validateSearch: filters, component: lazyRouteComponent(() => import("./agent"), "Agent") }),
  createRoute({ getParentRoute: at, path: "/workflows", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/workflows/list"), "Workflows") }),
  createRoute({ getParentRoute: at, path: "/workflows/$id", validateSearch: filters, loader: studio, component: lazyRouteComponent(() => import("./workflow"), "Workflow") }),
  createRoute({ getParentRoute: at, path: "/connections", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/connections/page"), "Connections") }),
  createRoute({ getParentRoute: at, path: "/help", component: lazyRouteComponent(() => import("@/features/help/page"), "Help") }),
  createRoute({ getParentRoute: at, path: "/help/$guide", component: lazyRouteComponent(() => import("@/features/help/guide"), "Guide") }),
  createRoute({ getParentRoute: at, path: "/help/blocks/$id", component: lazyRouteComponent(() => import("@/features/help/block"), "BlockPage") }),
  createRoute({ getParentRoute: at, path: "/models", validateSearch: filters, component: lazyRouteComponent(() => import("@/features/models/page"), "Models") }),
];

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren(routes),
    context: { queries },
    defaultPreload: "intent",
    defaultErrorComponent: Crash,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
