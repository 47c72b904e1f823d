// Every field of one node, below its line of the outline.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Field, input } from "@/ui";
import { Choice } from "@/ui/choice";
import { type Port, portsOf } from "./canvas/schema";
import type { Blocks } from "./canvas/wiring";
import { connect, copyNodes, disconnect, moveNode, pasteNodes, removeNodes, renameNode, setIn } from "./model/edit";
import { allNodes, isWithin } from "./model/read";
import { isId } from "./model/names";
import { type Keys, type Node, NotEditable, type Path } from "./model/types";
import { focusRow } from "./focus-row";
import { useStudio } from "./state";
import { ValueField } from "./value-field";

interface Props {
  node: Node;
  siblings: Node[];
  blocks: Blocks;
}

const TEXTS = ["title", "when", "note"] as const;
const SETTINGS = ["timeout", "retry", "approve", "effect", "on_error"] as const;

/** Edits of one node; what the text does not take is told. */
function useEdit(node: Node) {
  const { apply, readOnly } = useStudio();
  const [refused, setRefused] = useState("");
  const edit = (change: (text: string) => string, together = "") => {
    try {
      apply(change, "", together);
      setRefused("");
      return true;
    } catch (wrong) {
      if (!(wrong instanceof NotEditable)) throw wrong;
      setRefused(wrong.message);
      return false;
    }
  };
  const set = (keys: Keys, value: unknown) => edit((text) => setIn(text, node.path, keys, value), [node.path, ...keys].join("."));
  return { edit, set, refused, readOnly };
}

export function NodeFields({ node, siblings, blocks }: Props) {
  const { t } = useTranslation();
  const { edit, set, refused, readOnly } = useEdit(node);
  const shown = [...SETTINGS].filter((key) => key in node.body);
  return (
    <div role="group" aria-label={t("workflows.fieldsOf", { of: node.id })} className="my-1 ms-2 flex flex-col gap-3 rounded-lg border bg-panel p-3 sm:ms-6">
      {refused && <p role="alert" className="text-failed">{refused}</p>}
      <Moves node={node} siblings={siblings} edit={edit} disabled={readOnly} />
      <div className="grid gap-3 sm:grid-cols-2">
        <Id node={node} siblings={siblings} edit={edit} disabled={readOnly} />
        {node.kind === "block" && <Block node={node} blocks={blocks} set={set} disabled={readOnly} />}
        {TEXTS.map((key) => (
          <ValueField key={key} text label={t(`workflows.field.${key}`)} hint={key === "when" ? t("workflows.whenHint") : undefined} value={node.body[key]} disabled={readOnly} change={(value) => set([key], value)} />
        ))}
      </div>
      {node.kind === "block" ? <With node={node} blocks={blocks} set={set} disabled={readOnly} /> : <Frame node={node} set={set} disabled={readOnly} />}
      <Waits node={node} siblings={siblings} edit={edit} disabled={readOnly} />
      {shown.length > 0 && (
        <div className="grid gap-3 sm:grid-cols-2">
          {shown.map((key) => <ValueField key={key} label={t(`workflows.field.${key}`)} value={node.body[key]} disabled={readOnly} change={(value) => set([key], value)} />)}
        </div>
      )}
      {!readOnly && node.kind === "block" && <More left={SETTINGS.filter((key) => !shown.includes(key))} add={(key) => set([key], STARTS[key])} />}
    </div>
  );
}

const STARTS: Record<(typeof SETTINGS)[number], unknown> = { timeout: "2m", retry: { attempts: 3 }, approve: { by: ["editor"] }, effect: "once", on_error: "continue" };

function More({ left, add }: { left: (typeof SETTINGS)[number][]; add: (key: (typeof SETTINGS)[number]) => void }) {
  const { t } = useTranslation();
  if (!left.length) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <span className="text-sm text-muted">{t("workflows.more")}</span>
      {left.map((key) => <Button key={key} kind="quiet" className="px-2 text-sm" onClick={() => add(key)}>{t(`workflows.field.${key}`)}</Button>)}
    </div>
  );
}

type Edit = ReturnType<typeof useEdit>["edit"];
type Set = ReturnType<typeof useEdit>["set"];

function Id({ node, siblings, edit, disabled }: { node: Node; siblings: Node[]; edit: Edit; disabled: boolean }) {
  const { t } = useTranslation();
  const { select } = useStudio();
  const [id, setId] = useState(node.id);
  const taken = id !== node.id && siblings.some((one) => one.id === id);
  const wrong = !isId(id) ? t("workflows.badId") : taken ? t("workflows.takenId") : "";
  const rename = () => {
    if (id === node.id || wrong || !edit((text) => renameNode(text, node.path, id))) return;
    const path = node.frame ? `${node.frame}.${id}` : id;
    select([path]);
  };
  return (
    <form onSubmit={(event) => (event.preventDefault(), rename())}>
      <Field label={t("workflows.id")} hint={t("workflows.idHint")} error={wrong}>
        <input value={id} readOnly={disabled} aria-invalid={wrong !== ""} onChange={(event) => setId(event.target.value)} onBlur={rename} className={`${input} font-mono text-sm`} />
      </Field>
    </form>
  );
}

function Block({ node, blocks, set, disabled }: { node: Node; blocks: Blocks; set: Set; disabled: boolean }) {
  const { t } = useTranslation();
  const all = [...blocks.values()].sort((a, b) => a.id.localeCompare(b.id));
  return (
    <Field label={t("workflows.block")} hint={blocks.get(node.block ?? "")?.title}>
      <select className={`${input} font-mono text-sm`} disabled={disabled} value={node.block ?? ""} onChange={(event) => set(["block"], event.target.value)}>
        {!blocks.has(node.block ?? "") && <option>{node.block ?? ""}</option>}
        {all.map(({ id }) => <option key={id}>{id}</option>)}
      </select>
    </Field>
  );
}

/** What the block takes, what must be given first; and what is written that it does not know. */
function With({ node, blocks, set, disabled }: { node: Node; blocks: Blocks; set: Set; disabled: boolean }) {
  const { t } = useTranslation();
  const schema = (blocks.get(node.block ?? "")?.input_schema ?? {}) as Parameters<typeof portsOf>[0];
  const ports = [...portsOf(schema)].sort((a, b) => Number(b.required) - Number(a.required));
  const given = (typeof node.body.with === "object" && node.body.with ? node.body.with : {}) as Record<string, unknown>;
  const odd = Object.keys(given).filter((name) => !ports.some((port) => port.name === name));
  const describe = ({ schema: one, required }: Port) => [required ? t("workflows.required") : "", String((one as { description?: string }).description ?? "")].filter(Boolean).join(" · ");
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {ports.map((port) => (
        <ValueField key={port.name} label={port.name} hint={describe(port)} text={port.types.length === 1 && port.types[0] === "string"} value={given[port.name]} disabled={disabled} change={(value) => set(["with", port.name], value)} />
      ))}
      {odd.map((name) => <ValueField key={name} label={name} value={given[name]} disabled={disabled} change={(value) => set(["with", name], value)} />)}
    </div>
  );
}

function Frame({ node, set, disabled }: { node: Node; set: Set; disabled: boolean }) {
  const { t } = useTranslation();
  const own = (node.body[node.kind] ?? {}) as Record<string, unknown>;
  const keys = node.kind === "each" ? (["items", "at_once"] as const) : (["until", "max"] as const);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {keys.map((key) => <ValueField key={key} text={key === "until"} label={t(`workflows.field.${key}`)} value={own[key]} disabled={disabled} change={(value) => set([node.kind, key], value)} />)}
      <ValueField label={t("workflows.field.output")} hint={t("workflows.outputHint")} value={node.body.output} disabled={disabled} change={(value) => set(["output"], value)} />
    </div>
  );
}

/** The order that no expression says. */
function Waits({ node, siblings, edit, disabled }: { node: Node; siblings: Node[]; edit: Edit; disabled: boolean }) {
  const { t } = useTranslation();
  const { edges } = useStudio();
  const others = siblings.filter(({ path }) => path !== node.path);
  if (!others.length) return null;
  const after = Array.isArray(node.body.after) ? node.body.after : [];
  const uses = new Set(edges.filter(({ to, kind }) => to === node.path && kind === "data").map(({ from }) => from));
  return (
    <fieldset disabled={disabled}>
      <legend className="pb-1 font-medium">{t("workflows.waits")}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {others.map((other) => (
          <label key={other.path} className="flex min-h-6 items-center gap-1.5">
            <input type="checkbox" className="size-4 accent-accent" checked={after.includes(other.id)} onChange={(event) => edit((text) => (event.target.checked ? connect : disconnect)(text, other.path, node.path))} />
            <span className="font-mono text-sm">{other.id}</span>
            {uses.has(other.path) && <span className="text-sm text-muted">{t("workflows.uses")}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Moves({ node, siblings, edit, disabled }: { node: Node; siblings: Node[]; edit: Edit; disabled: boolean }) {
  const { t } = useTranslation();
  const { flow, select } = useStudio();
  const [asked, setAsked] = useState(false);
  const id = useId();
  const at = siblings.findIndex(({ path }) => path === node.path);
  const frames = allNodes(flow.nodes).filter(({ kind, path }) => kind !== "block" && !isWithin(path, node.path));
  const move = (frame: Path) => {
    if (!edit((text) => moveNode(text, node.path, frame))) return;
    const path = frame ? `${frame}.${node.id}` : node.id;
    select([path]);
    focusRow(path);
  };
  const remove = () => {
    const next = siblings[at + 1] ?? siblings[at - 1];
    if (!edit((text) => removeNodes(text, [node.path]))) return;
    select([]);
    focusRow(next?.path);
  };
  const double = () => {
    let made: Path[] = [];
    edit((text) => {
      const pasted = pasteNodes(text, node.frame, copyNodes(text, [node.path]));
      made = pasted.paths;
      return pasted.text;
    });
    if (!made[0]) return;
    select(made);
    focusRow(made[0]);
  };
  if (disabled) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-sm">
      <Button className="text-sm" disabled={at <= 0} onClick={() => edit((text) => moveNode(text, node.path, node.frame, siblings[at - 1]?.id))}>{t("workflows.up")}</Button>
      <Button className="text-sm" disabled={at >= siblings.length - 1} onClick={() => edit((text) => moveNode(text, node.path, node.frame, siblings[at + 2]?.id))}>{t("workflows.down")}</Button>
      <Button className="text-sm" onClick={double}>{t("workflows.duplicate")}</Button>
      <Button className="text-sm" kind="danger" onClick={remove}>{t("workflows.remove")}</Button>
      {(frames.length > 0 || node.frame) && (
        <>
          <Button className="text-sm" aria-expanded={asked} aria-controls={id} onClick={() => setAsked(!asked)}>{t("workflows.moveTo")}</Button>
          {asked && (
            <div id={id} className="w-full">
              <Choice label={t("workflows.moveTo")} value={node.frame} of={[["", t("workflows.top")], ...frames.map(({ path }): [string, string] => [path, path])]} choose={(frame) => frame !== node.frame && move(frame)} />
            </div>
          )}
        </>
      )}
    </div>
  );
}
