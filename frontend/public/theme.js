// Before anything is drawn, so that no page flashes in the other theme.
(() => {
  const chosen = localStorage.getItem("troupe.theme") ?? "system";
  const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
