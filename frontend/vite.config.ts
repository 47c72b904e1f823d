import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The app is served by Troupe itself; `npm run dev` passes calls on to one that is running.
const troupe = process.env.TROUPE_URL ?? "http://127.0.0.1:8000";
// Calls that change something are refused unless they come from the origin they go to.
const to = { target: troupe, changeOrigin: true, headers: { origin: troupe } };
const passed = Object.fromEntries(["/api", "/v1", "/login", "/logout"].map((path) => [path, to]));

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  // A font within a style sheet would be data:, which the app's policy refuses.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 600 },
  server: { fs: { allow: [".", "../docs"] }, proxy: { ...passed, "/ws": { ...to, ws: true } } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
