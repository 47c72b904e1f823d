import { useEffect, useState } from "react";

const REST = 300; // milliseconds without a key

/** A text as it was when nobody had written for a moment. */
export function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
