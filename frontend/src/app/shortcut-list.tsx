// The keys that work everywhere, to read.
import { Dialog } from "@base-ui/react/dialog";
import { useTranslation } from "react-i18next";
import { PLACES } from "./nav";

export default function ShortcutList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const lines: [string, string][] = [
    [t("shell.searchKey"), t("shell.search")],
    ["?", t("shortcuts.title")],
    ...PLACES.map(({ key, name }): [string, string] => [`g ${key}`, t(`places.${name}`)]),
  ];
  return (
    <Dialog.Root open onOpenChange={(next) => next || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 bg-black/20" />
        <Dialog.Popup className="fixed top-24 left-1/2 w-96 max-w-[calc(100vw-2rem)] -translate-x-1/2 rounded-lg border bg-raised p-4 shadow-float">
          <Dialog.Title className="pb-3 font-semibold">{t("shortcuts.title")}</Dialog.Title>
          <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2">
            {lines.map(([keys, what]) => (
              <div key={keys} className="contents">
                <dt>
                  <kbd className="rounded border bg-page px-1.5 py-0.5 font-mono text-sm">{keys}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
