// The fields of a block, as its schema has them: those that count first, the others folded.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { portsOf, type Port, type Schema } from "../canvas/schema";
import type { Block } from "../canvas/wiring";
import type { Node } from "../model/types";
import { useStudio } from "../state";
import { ConfigField } from "./field";
import { problemAt, useNode } from "./use-node";

export function With({ node, block }: { node: Node; block?: Block }) {
  const { t } = useTranslation();
  const { problems } = useStudio();
  const { set, readOnly, said } = useNode(node);
  const given = (node.body.with ?? {}) as Record<string, unknown>;
  const ports = portsOf((block?.input_schema ?? {}) as Schema);
  const unknown = Object.keys(given).filter((name) => !ports.some((port) => port.name === name)).map((name): Port => ({ name, types: [], required: false, schema: {} }));
  // What is set while the panel is open stays where it is.
  const [folded] = useState(() => new Set(ports.filter(({ name, required }) => !required && given[name] === undefined).map(({ name }) => name)));
  const draw = (port: Port) => (
    <ConfigField key={`${node.path} ${port.name}`} path={node.path} port={port} value={given[port.name]} problem={problemAt(problems, node, ["with", port.name])} readOnly={readOnly} change={(value) => set(["with", port.name], value)} />
  );
  const more = ports.filter(({ name }) => folded.has(name));
  return (
    <div className="flex flex-col gap-4">
      {block && <p className="text-muted">{block.description.split("\n")[0]}</p>}
      {!block && <p className="text-failed">{t("config.noBlock", { of: node.block ?? "" })}</p>}
      {[...ports.filter(({ name }) => !folded.has(name)), ...unknown].map(draw)}
      {more.length > 0 && (
        <details className="flex flex-col gap-4">
          <summary className="min-h-7 font-medium text-muted">{t("config.moreFields", { count: more.length })}</summary>
          <div className="flex flex-col gap-4 pt-3">{more.map(draw)}</div>
        </details>
      )}
      <p role="status" className="sr-only">{said}</p>
    </div>
  );
}
