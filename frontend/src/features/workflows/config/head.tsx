// Which node it is, under which name others refer to it, and what can be done with it.
import { Columns3, Copy, Play, Trash2, X } from "lucide-react";
import { type ComponentType, useState } from "react";
import { useTranslation } from "react-i18next";
import { Effect } from "@/ui";
import { categoryOf, iconOf } from "../canvas/icons";
import { useChange } from "../change";
import { copyNodes, moveNode, pasteNodes, removeNodes, renameNode } from "../model/edit";
import { isId } from "../model/names";
import { allNodes, isWithin } from "../model/read";
import type { Node } from "../model/types";
import { useBench } from "../run/bench";
import { useRunOne } from "../run/one";
import { useStudio } from "../state";

export function NodeHead({ node, wide, setWide }: { node: Node; wide: boolean; setWide: (wide: boolean) => void }) {
  const { t } = useTranslation();
  const { blocks, flow, starting } = useBench();
  const { select, readOnly } = useStudio();
  const { change, said } = useChange();
  const [id, setId] = useState(node.id);
  const runOne = useRunOne(node);
  const block = blocks.get(node.block ?? "");
  const Icon = iconOf(categoryOf(node));
  const under = (frame: string, name: string) => (frame ? `${frame}.${name}` : name);
  const rename = () => {
    if (id === node.id) return;
    if (!isId(id) || !change(t("config.renamed", { to: id }), (text) => renameNode(text, node.path, id))) return setId(node.id);
    select([under(node.frame, id)]);
  };
  const duplicate = () => {
    let paths: string[] = [];
    change(t("config.duplicate"), (text) => {
      const made = pasteNodes(text, node.frame, copyNodes(text, [node.path]));
      paths = made.paths;
      return made.text;
    });
    if (paths.length) select(paths);
  };
  const frames = allNodes(flow.nodes).filter(({ kind, path }) => kind !== "block" && !isWithin(path, node.path));
  return (
    <header className="flex flex-col gap-2 px-4 py-3">
      <div className="flex items-center gap-1">
        <Icon aria-hidden size={18} className="me-1 shrink-0 text-accent" />
        <h2 className="min-w-0 flex-1 truncate font-semibold">{block?.title ?? t(`config.kinds.${node.kind}`)}</h2>
        {block && <Effect value={block.effect} />}
        {!readOnly && <Tool icon={Play} label={t("config.runOne")} off={starting} press={runOne} />}
        <Tool icon={Columns3} label={t(wide ? "config.narrow" : "config.wide")} pressed={wide} press={() => setWide(!wide)} />
        {!readOnly && <Tool icon={Copy} label={t("config.duplicate")} press={duplicate} />}
        {!readOnly && <Tool icon={Trash2} label={t("config.remove")} press={() => (select([]), change(t("config.remove"), (text) => removeNodes(text, [node.path])))} />}
        <Tool icon={X} label={t("config.close")} press={() => (setWide(false), select([]))} />
      </div>
      <div className="flex items-center gap-2">
        <input
          aria-label={t("config.id")}
          className="min-h-7 w-44 rounded-md border bg-page px-2 font-mono text-sm"
          value={id}
          readOnly={readOnly}
          aria-invalid={!isId(id)}
          onChange={(event) => setId(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => event.key === "Enter" && rename()}
        />
        {(frames.length > 0 || node.frame) && (
          <select
            aria-label={t("config.frame")}
            className="min-h-7 min-w-0 flex-1 rounded-md border bg-panel px-1 text-sm"
            disabled={readOnly}
            value={node.frame}
            onChange={(event) => {
              const frame = event.target.value;
              select([]);
              change(t("config.moved"), (text) => moveNode(text, node.path, frame));
            }}
          >
            <option value="">{t("config.top")}</option>
            {frames.map(({ path }) => <option key={path} value={path}>{t("config.in", { frame: path })}</option>)}
          </select>
        )}
      </div>
      {!isId(id) && <p className="text-sm text-failed">{t("config.idWrong")}</p>}
      <p role="status" className="sr-only">{said}</p>
    </header>
  );
}

function Tool({ icon: Icon, label, off = false, pressed, press }: { icon: ComponentType<{ size: number; "aria-hidden": boolean }>; label: string; off?: boolean; pressed?: boolean; press: () => void }) {
  return (
    <button type="button" aria-label={label} title={label} aria-pressed={pressed} disabled={off} onClick={press} className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink aria-pressed:bg-tint disabled:opacity-40">
      <Icon aria-hidden size={15} />
    </button>
  );
}
