import { useTranslation } from "react-i18next";
import { useChange } from "../change";
import { setIn } from "../model/edit";
import type { Keys, Node } from "../model/types";
import { useStudio } from "../state";

/** How to write a field of a node; quick writing into one field is one step of undo. */
export function useNode(node: Node) {
  const { t } = useTranslation();
  const { readOnly } = useStudio();
  const { change, said } = useChange();
  const set = (keys: Keys, value: unknown) => change(t("config.did", { field: `${node.id}.${keys.join(".")}` }), (text) => setIn(text, node.path, keys, value), `${node.path} ${keys.join(".")}`);
  return { set, readOnly, said };
}

/** What the checker says of this place of a node. */
export function problemAt(problems: { path: string; message: string }[], node: Node, keys: Keys): string | undefined {
  const pointer = node.path.split(".").map((id) => `/nodes/${id}`).join("");
  const here = `${pointer}/${keys.join("/")}`;
  return problems.find(({ path }) => path === here || path.startsWith(`${here}/`))?.message;
}
