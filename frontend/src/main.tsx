import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";
import { Problem } from "@/api/client";
import { makeRouter } from "@/app/router";
import { i18n } from "@/lib/i18n";
import "./app.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A server that restarts is waited for; what it refuses is not asked again.
      retry: (times, wrong) => wrong instanceof Problem && wrong.status === 0 && times < 30,
      retryDelay: (times) => Math.min(250 * 2 ** times, 3_000),
    },
  },
});

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <I18nextProvider i18n={i18n}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter(queries)} />
      </QueryClientProvider>
    </I18nextProvider>
  </StrictMode>,
);
