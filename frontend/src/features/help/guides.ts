// The guides of the documentation, as they lie in the repository.
import { queryOptions } from "@tanstack/react-query";

const TEXTS = import.meta.glob<string>("../../../../docs/how-to/*.md", { query: "?raw", import: "default" });
const ROOT = "../../../../docs/how-to/";

/** `use-the-studio`, in order. */
export const GUIDES = Object.keys(TEXTS).map((path) => path.slice(ROOT.length, -".md".length)).sort();

/** `Use the studio`. */
export const titleOf = (guide: string) => guide.charAt(0).toUpperCase() + guide.slice(1).replaceAll("-", " ").replace("openai", "OpenAI");

export function guideQuery(guide: string) {
  return queryOptions({
    queryKey: ["guide", guide],
    queryFn: async () => linked((await TEXTS[`${ROOT}${guide}.md`]?.()) ?? ""),
    staleTime: Infinity,
  });
}

/** Links from guide to guide lead on here; what else lies in the repository is named and not linked. */
export function linked(text: string): string {
  return text.replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (whole, words: string, to: string) => {
    const guide = /^([a-z-]+)\.md(#.*)?$/.exec(to)?.[1] ?? "";
    if (GUIDES.includes(guide)) return `[${words}](/help/${guide})`;
    return /^(https?:|#)/.test(to) ? whole : words;
  });
}
