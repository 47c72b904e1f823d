// Prices of single models, in dollars per million tokens, where the table's are not right.
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, input } from "@/ui";
import type { Provider } from "./queries";

export interface PriceRow {
  model: string;
  input: string;
  output: string;
}

export function rowsOf(prices: Provider["prices"]): PriceRow[] {
  return Object.entries(prices).map(([model, price]) => ({ model, input: String(price.input), output: String(price.output) }));
}

export function pricesOf(rows: PriceRow[]): Provider["prices"] {
  const named = rows.filter(({ model }) => model.trim());
  return Object.fromEntries(named.map(({ model, input: i, output: o }) => [model.trim(), { input: Number(i), output: Number(o) }]));
}

export function PricesField({ rows, onChange }: { rows: PriceRow[]; onChange: (rows: PriceRow[]) => void }) {
  const { t } = useTranslation();
  const set = (at: number, change: Partial<PriceRow>) => onChange(rows.map((row, i) => (i === at ? { ...row, ...change } : row)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="pb-1 font-medium">{t("models.prices")}</legend>
      <p className="text-sm text-muted">{t("models.pricesHint")}</p>
      {rows.map((row, at) => (
        <div key={at} className="grid grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto] items-center gap-2">
          <input aria-label={t("models.model")} placeholder={t("models.model")} className={input} value={row.model} onChange={(event) => set(at, { model: event.target.value })} />
          <input aria-label={t("models.priceIn")} placeholder={t("models.priceIn")} type="number" min={0} step="any" required={row.model !== ""} className={input} value={row.input} onChange={(event) => set(at, { input: event.target.value })} />
          <input aria-label={t("models.priceOut")} placeholder={t("models.priceOut")} type="number" min={0} step="any" required={row.model !== ""} className={input} value={row.output} onChange={(event) => set(at, { output: event.target.value })} />
          <Button kind="quiet" className="px-2" aria-label={t("models.dropPrice")} onClick={() => onChange(rows.filter((_, i) => i !== at))}>
            <X aria-hidden size={14} />
          </Button>
        </div>
      ))}
      <div>
        <Button onClick={() => onChange([...rows, { model: "", input: "", output: "" }])}>
          <Plus aria-hidden size={14} />
          {t("models.addPrice")}
        </Button>
      </div>
    </fieldset>
  );
}
