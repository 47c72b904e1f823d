// What can be connected, by words; or an address that somebody has at hand.
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Field, input } from "@/ui";
import { connectorOf } from "./guess";
import type { Connector } from "./queries";

export function Catalogue({ connectors, choose }: { connectors: Connector[]; choose: (search: { add: string; url?: string }) => void }) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ title, category, description }: Connector) => wanted.every((word) => `${title} ${category} ${description}`.toLowerCase().includes(word));
  const found = connectors.filter(fits);
  const paste = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const url = String(new FormData(event.currentTarget).get("url")).trim();
    choose({ add: connectorOf(url), url });
  };
  return (
    <div className="flex flex-col gap-5 px-4 pb-8 md:px-6">
      <form className="flex max-w-2xl flex-wrap items-end gap-2" onSubmit={paste}>
        <div className="min-w-0 flex-1">
          <Field label={t("connections.paste")}>
            <input name="url" type="url" required className={input} placeholder="https://" />
          </Field>
        </div>
        <Button type="submit">{t("connections.goOn")}</Button>
      </form>
      <input autoFocus type="search" aria-label={t("connections.search")} placeholder={t("connections.search")} className={`${input} max-w-2xl`} value={words} onChange={(event) => setWords(event.target.value)} />
      <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {found.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => choose({ add: one.id })} className="flex h-full w-full flex-col gap-1 rounded-lg border bg-panel p-4 text-start hover:bg-hover">
              <span className="font-medium">{one.title}</span>
              <span className="text-sm text-muted">{one.category}</span>
              <span className="text-sm">{one.description.split("\n\n")[0]}</span>
            </button>
          </li>
        ))}
      </ul>
      {!found.length && <p className="text-muted">{t("connections.nothing")}</p>}
    </div>
  );
}
