// Fields that are written into: what is being written stays as it is, however late the text follows.
import { type ComponentProps, type Ref, useEffect, useState } from "react";
import { input } from "@/ui";

/** What a field shows while somebody writes into it, and afterwards. */
export function useTyped(value: string, change: (text: string) => void) {
  const [writing, setWriting] = useState<string | null>(null);
  const write = (text: string) => {
    setWriting(text);
    change(text);
  };
  return { shown: writing ?? value, write, leave: () => setWriting(null) };
}

type Line = Omit<ComponentProps<"input">, "value" | "onChange"> & { value: string; change: (text: string) => void };

export function TypedLine({ value, change, className = "", ...rest }: Line) {
  const { shown, write, leave } = useTyped(value, change);
  return <input {...rest} className={`${input} ${className}`} value={shown} onChange={(event) => write(event.target.value)} onBlur={leave} />;
}

type Area = Omit<ComponentProps<"textarea">, "value" | "onChange" | "ref"> & { value: string; change: (text: string) => void; ref?: Ref<HTMLTextAreaElement> };

/** It grows with what is in it. */
export function TypedText({ value, change, className = "", ...rest }: Area) {
  const { shown, write, leave } = useTyped(value, change);
  return <textarea rows={1} {...rest} className={`${input} field-sizing-content max-h-72 resize-y ${className}`} value={shown} onChange={(event) => write(event.target.value)} onBlur={leave} />;
}

/** A text of its own for a value that is written in another form; it follows the value while nobody writes. */
export function useWritten(value: string, same: (text: string) => boolean) {
  const [text, setText] = useState(value);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!busy) setText((now) => (same(now) ? now : value));
  }, [value, busy]);
  return { text, setText, on: { onFocus: () => setBusy(true), onBlur: () => setBusy(false) } };
}
