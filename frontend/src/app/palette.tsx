// One field that finds places and things, by keyboard alone.
import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { blocksQuery } from "@/api/blocks";
import { definitionsQuery } from "@/api/definitions";
import { GUIDES, titleOf } from "@/features/help/guides";
import { connectionsQuery } from "@/features/connections/queries";
import { NEXT, useTheme } from "@/lib/theme";
import { Finder, type Found } from "@/ui/finder";
import { PLACES } from "./nav";

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(next) => next || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 bg-black/20" />
        <Dialog.Popup className="fixed top-[12vh] left-1/2 w-140 max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-float">
          <Places onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Places({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const workflows = useQuery(definitionsQuery("workflow"));
  const agents = useQuery(definitionsQuery("agent"));
  const blocks = useQuery(blocksQuery());
  const connections = useQuery(connectionsQuery());
  const [theme, choose] = useTheme();
  const leave = (to: () => Promise<void>) => () => (onClose(), void to());
  const entries: Found[] = [
    ...PLACES.map(({ to, name }) => ({ key: name, title: t(`places.${name}`), kind: t("palette.place"), choose: leave(() => navigate({ to })) })),
    { key: "new-workflow", title: t("workflows.add"), kind: t("palette.action"), choose: leave(() => navigate({ to: "/workflows", search: { new: "1" } })) },
    { key: "new-agent", title: t("agents.add"), kind: t("palette.action"), choose: leave(() => navigate({ to: "/agents", search: { new: "1" } })) },
    { key: "theme", title: t(`shell.theme.${NEXT[theme]}`), kind: t("palette.action"), choose: () => (onClose(), choose(NEXT[theme])) },
    ...(workflows.data?.items ?? []).map(({ id, name, title }) => ({ key: id, title: title || name, words: name, kind: t("palette.workflow"), choose: leave(() => navigate({ to: "/workflows/$id", params: { id } })) })),
    ...(agents.data?.items ?? []).map(({ id, name, title }) => ({ key: id, title: title || name, words: name, kind: t("palette.agent"), choose: leave(() => navigate({ to: "/agents/$id", params: { id } })) })),
    ...(connections.data ?? []).map(({ id, name, connector }) => ({ key: id, title: name, words: connector, kind: t("palette.connection"), choose: leave(() => navigate({ to: "/connections", search: { id } })) })),
    ...[...(blocks.data?.values() ?? [])].map(({ id, title }) => ({ key: id, title, words: id, kind: t("palette.block"), choose: leave(() => navigate({ to: "/help/blocks/$id", params: { id } })) })),
    ...GUIDES.map((guide) => ({ key: guide, title: titleOf(guide), kind: t("palette.guide"), choose: leave(() => navigate({ to: "/help/$guide", params: { guide } })) })),
  ];
  return (
    <>
      <Dialog.Title className="sr-only">{t("shell.search")}</Dialog.Title>
      <Finder label={t("shell.search")} placeholder={t("palette.placeholder")} nothing={t("palette.nothing")} of={entries} close={onClose} />
    </>
  );
}
