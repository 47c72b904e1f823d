// One field that finds places and things, by keyboard alone.
import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Finder } from "@/ui/finder";
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
  const entries = PLACES.map(({ to, name }) => ({
    key: name,
    title: t(`places.${name}`),
    kind: t("palette.place"),
    choose: () => {
      onClose();
      void navigate({ to });
    },
  }));
  return (
    <>
      <Dialog.Title className="sr-only">{t("shell.search")}</Dialog.Title>
      <Finder label={t("shell.search")} placeholder={t("palette.placeholder")} nothing={t("palette.nothing")} of={entries} close={onClose} />
    </>
  );
}
