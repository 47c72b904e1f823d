// Where models come from, and which of them the routes mean.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Head, Skeleton } from "@/ui";
import { ProviderForm } from "./form";
import { ProviderRow } from "./provider";
import { providersQuery } from "./queries";
import { RoutesForm } from "./routes";

export function Models() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  const providers = useQuery(providersQuery());
  const edit = (provider?: string) => void navigate({ search: { ...search, edit: provider } });
  const items = providers.data?.items ?? [];
  return (
    <>
      <Head title={t("models.title")}>
        <Button kind="primary" onClick={() => edit("new")}>
          <Plus aria-hidden size={16} />
          {t("models.add")}
        </Button>
      </Head>
      <div className="flex max-w-4xl flex-col gap-8 px-4 pb-8 md:px-6">
        <section aria-labelledby="providers" className="flex flex-col gap-3">
          <h2 id="providers" className="font-semibold">
            {t("models.providers")}
          </h2>
          {search.edit === "new" && <ProviderForm taken={items.map(({ name }) => name)} onDone={() => edit()} />}
          {providers.error && <Failure of={providers.error} retry={() => void providers.refetch()} />}
          {providers.isPending && <Skeleton rows={3} />}
          {providers.data && !items.length && <p className="text-muted">{t("models.none")}</p>}
          <ul className="flex flex-col gap-3">
            {items.map((provider) => (
              <ProviderRow key={provider.name} provider={provider} editing={search.edit === provider.name} edit={edit} />
            ))}
          </ul>
        </section>
        <RoutesForm providers={items} />
      </div>
    </>
  );
}
