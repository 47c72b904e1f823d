// One workflow as it is written: text, steps back and forth, selection, and the version it was begun from.
import { findDraft, keepDraft, placeOf } from "@/lib/draft";
import { back, changed, forth, type History, NOTHING, type Step } from "./history";
import type { Path } from "./model/types";

/** What the server keeps; version 0 is nothing yet. */
export interface Kept {
  version: number;
  text: string;
}

export interface Written {
  text: string;
  base: number; // the version that it was begun from
  selected: Path[];
  history: History;
  looked: { line: number } | null; // the line of the text that somebody asked to see
  elsewhere: boolean; // another tab of this browser writes it too
}

export class Store {
  private state: Written;
  private readonly heard = new Set<() => void>();

  /** `saved`: another tab of this browser has nothing unsaved any more. */
  constructor(private readonly key: string, private kept: Kept, selected: Path[], private readonly saved: () => void) {
    const draft = findDraft(key);
    this.state = { text: draft?.text ?? kept.text, base: draft?.base ?? kept.version, selected, history: NOTHING, looked: null, elsewhere: false };
  }

  readonly get = () => this.state;

  readonly listen = (tell: () => void) => {
    this.heard.add(tell);
    const other = ({ key, newValue }: StorageEvent) => key === placeOf(this.key) && (newValue ? this.put({ elsewhere: true }) : this.saved());
    addEventListener("storage", other);
    return () => (this.heard.delete(tell), removeEventListener("storage", other));
  };

  readonly select = (selected: Path[]) => {
    if (selected.join(" ") !== this.state.selected.join(" ")) this.put({ selected });
  };

  /** Change the text. Quick edits with the same `together` are one step. What the edit throws is thrown. */
  readonly apply = (edit: (text: string) => string, together = "") => {
    const text = edit(this.state.text);
    if (text !== this.state.text) this.put({ text, history: changed(this.state.history, this.now(), together, Date.now()) });
  };

  readonly lookAt = (line: number) => this.put({ looked: { line } });
  readonly undo = () => this.step(back);
  readonly redo = () => this.step(forth);

  /** The server keeps another version. What nobody changed here follows it; what is written here stays. */
  accept(kept: Kept, mine = false): void {
    const followed = mine || !this.unsaved();
    this.kept = kept;
    if (mine) this.put({ base: kept.version });
    else if (followed) this.adopt();
  }

  /** Take what the server keeps in the place of what is written; undo brings it back. */
  readonly adopt = () => {
    const { text, version } = this.kept;
    const history = text === this.state.text ? this.state.history : changed(this.state.history, this.now(), "", Date.now());
    this.put({ text, base: version, history });
  };

  /** Go on with what is written, as if begun from the newest version. */
  readonly rebase = () => this.put({ base: this.kept.version });

  unsaved({ text, base }: Written = this.state): boolean {
    return text !== this.kept.text || base !== this.kept.version;
  }

  private now(): Step {
    return { text: this.state.text, selected: this.state.selected };
  }

  private step(way: (history: History, now: Step) => [History, Step] | null): void {
    const found = way(this.state.history, this.now());
    if (found) this.put({ history: found[0], ...found[1] });
  }

  private put(change: Partial<Written>): void {
    const before = this.state;
    this.state = { ...before, ...change };
    const { text, base } = this.state;
    if (this.unsaved()) {
      if (text !== before.text || base !== before.base) keepDraft(this.key, { base, text });
    } else if (findDraft(this.key)?.text === text || findDraft(this.key)?.text === before.text) keepDraft(this.key, null);
    for (const tell of this.heard) tell();
  }
}
