// What an agent may use, and whether it must ask first.
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, input } from "@/ui";
import { type Kind, kindOf, KINDS, type Tool } from "./doc";
import { namesQuery } from "./queries";

interface Props {
  tools: Tool[];
  set: (path: (string | number)[], value: unknown) => void;
}

export function ToolsField({ tools, set }: Props) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="pb-1 font-medium">{t("agents.tools")}</legend>
      {tools.map((tool, at) => (
        <One key={at} tool={tool} permit={(value) => set(["tools", at, "permission"], value)} remove={() => set(["tools", at], undefined)} />
      ))}
      <Add add={(tool) => set(["tools", tools.length], tool)} />
    </fieldset>
  );
}

function One({ tool, permit, remove }: { tool: Tool; permit: (value: string | undefined) => void; remove: () => void }) {
  const { t } = useTranslation();
  const [kind, named] = kindOf(tool ?? {});
  const name = tool?.name ?? named;
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-md border bg-panel px-3 py-2">
      <span className="min-w-0 flex-1">
        <span className="block truncate font-mono text-sm">{name}</span>
        <span className="block truncate text-sm text-muted">
          {t(`agents.kinds.${kind}`)} {name !== named && named}
        </span>
      </span>
      <select aria-label={t("agents.permissionOf", { name })} className={`${input} w-auto!`} value={tool?.permission ?? ""} onChange={(event) => permit(event.target.value || undefined)}>
        <option value="">{t("agents.permission.byEffect")}</option>
        <option value="allow">{t("agents.permission.allow")}</option>
        <option value="ask">{t("agents.permission.ask")}</option>
        <option value="deny">{t("agents.permission.deny")}</option>
      </select>
      <Button kind="quiet" className="px-2" aria-label={t("agents.dropTool", { name })} onClick={remove}>
        <X aria-hidden size={14} />
      </Button>
    </div>
  );
}

function Add({ add }: { add: (tool: Tool) => void }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>("connection");
  const [name, setName] = useState("");
  const names = useQuery(namesQuery(kind));
  const go = () => {
    if (!name.trim()) return;
    add({ [kind]: kind === "catalogue" ? name.split(/[\s,]+/).filter(Boolean) : name.trim() });
    setName("");
  };
  const press = (event: KeyboardEvent) => event.key === "Enter" && (event.preventDefault(), go());
  return (
    <div className="flex flex-wrap gap-2">
      <select aria-label={t("agents.kind")} className={`${input} w-auto!`} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
        {KINDS.map((one) => (
          <option key={one} value={one}>
            {t(`agents.kinds.${one}`)}
          </option>
        ))}
      </select>
      <input aria-label={t("agents.tool")} placeholder={t("agents.tool")} list="tool-names" className={`${input} w-auto! min-w-0 flex-1`} value={name} onChange={(event) => setName(event.target.value)} onKeyDown={press} />
      <datalist id="tool-names">
        {names.data?.map((one) => <option key={one} value={one} />)}
      </datalist>
      <Button disabled={!name.trim()} onClick={go}>
        <Plus aria-hidden size={14} />
        {t("agents.addTool")}
      </Button>
    </div>
  );
}
