export const VIEWS = ["canvas", "split", "outline", "versions", "runs"] as const;
export type View = (typeof VIEWS)[number];

/** The steps of who types in the text. */
export const TYPED = "text";

/** Change what the address says of the page. */
export type Go = (change: Record<string, string | undefined>, replace?: boolean) => void;
