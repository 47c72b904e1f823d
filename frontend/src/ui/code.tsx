// A field for YAML. It lives in a shadow root, where its styles are sheets and no style tags, which our policy refuses.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Annotation, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useImperativeHandle, useRef, type Ref } from "react";

export interface CodeProblem {
  line?: number | null;
  column?: number | null;
  message: string;
}

export interface CodeHandle {
  jump: (line: number) => void;
}

interface Props {
  value: string;
  label: string;
  problems?: CodeProblem[];
  onChange: (value: string) => void;
  steps?: { undo: () => void; redo: () => void }; // whoever keeps them for more than this field
  readOnly?: boolean;
  handle?: Ref<CodeHandle>;
}

const FROM_OUTSIDE = Annotation.define<boolean>();
const LOOKS = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "13px", height: "100%" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace', lineHeight: "20px", fontVariantLigatures: "none" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklch, var(--hover) 50%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--tint)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "8px" },
});
const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.comment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--done)" },
  { tag: [tags.keyword, tags.bool, tags.number], color: "var(--unknown)" },
]);

export default function Code({ value, label, problems = [], onChange, steps, readOnly = false, handle }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const tell = useRef(onChange);
  tell.current = onChange;
  const elsewhere = useRef(steps);
  elsewhere.current = steps;
  const shared = steps !== undefined;
  const told = useRef(new Set<string>()); // what came from here comes back as `value`, later than the next key may
  useEffect(() => {
    const place = host.current as HTMLDivElement;
    const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    const heard = EditorView.updateListener.of((update) => {
      if (!update.docChanged || update.transactions.some((one) => one.annotation(FROM_OUTSIDE))) return;
      const text = update.state.doc.toString();
      told.current.add(text);
      tell.current(text);
    });
    const step = (way: "undo" | "redo") => ({ run: () => (elsewhere.current?.[way](), true), preventDefault: true });
    const past = shared
      ? keymap.of([{ key: "Mod-z", ...step("undo") }, { key: "Mod-Shift-z", ...step("redo") }, { key: "Mod-y", ...step("redo") }])
      : [history(), keymap.of(historyKeymap)];
    const extensions = [
      lineNumbers(), lintGutter(), past, EditorState.readOnly.of(readOnly), drawSelection(), highlightActiveLine(), yaml(), indentUnit.of("  "), EditorView.lineWrapping,
      keymap.of(defaultKeymap), syntaxHighlighting(COLOURS), LOOKS, heard,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
    ];
    const made = new EditorView({ state: EditorState.create({ doc: value, extensions }), root, parent: root });
    view.current = made;
    return () => made.destroy();
  }, [label, shared, readOnly]);
  useEffect(() => {
    const now = view.current;
    if (!now) return;
    const text = now.state.doc.toString();
    if (text !== value && !told.current.has(value)) now.dispatch({ changes: difference(text, value), annotations: FROM_OUTSIDE.of(true) });
    if (text === value) told.current.clear();
  }, [value]);
  useEffect(() => {
    const now = view.current;
    if (now) now.dispatch(setDiagnostics(now.state, problems.map((one) => placed(now.state, one))));
  }, [problems]);
  useImperativeHandle(handle, () => ({
    jump: (line) => {
      const now = view.current as EditorView;
      const { from } = now.state.doc.line(Math.min(Math.max(line, 1), now.state.doc.lines));
      now.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      now.focus();
    },
  }));
  return <div ref={host} data-writing className="h-full min-h-0" />;
}

function placed(state: EditorState, { line, column, message }: CodeProblem): Diagnostic {
  const at = state.doc.line(Math.min(Math.max(line ?? 1, 1), state.doc.lines));
  const from = Math.min(at.from + Math.max((column ?? 1) - 1, 0), at.to);
  return { from, to: at.to, severity: "error", message };
}

/** What differs, so that the cursor stays where nothing does. */
function difference(text: string, value: string): { from: number; to: number; insert: string } {
  let [from, to] = [0, 0];
  const most = Math.min(text.length, value.length);
  while (from < most && text[from] === value[from]) from++;
  while (to < most - from && text.at(-1 - to) === value.at(-1 - to)) to++;
  return { from, to: text.length - to, insert: value.slice(from, value.length - to) };
}
