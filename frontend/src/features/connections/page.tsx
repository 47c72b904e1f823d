// Connections: those there are, the chosen one beside them; and the catalogue of what can be connected.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, Empty, Failure, Head, Skeleton } from "@/ui";
import { Catalogue } from "./catalogue";
import { ConnectionPanel } from "./connection";
import { ConnectionForm } from "./form";
import { ConnectionTable } from "./table";
import { connectionsQuery, connectorsQuery } from "./queries";

export function Connections() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/connections" });
  const navigate = useNavigate({ from: "/connections" });
  const found = useQuery(connectionsQuery());
  const connectors = useQuery(connectorsQuery());
  const go = (to: Record<string, string | undefined>) => void navigate({ search: to });
  const chosen = found.data?.find(({ id }) => id === search.id);
  const adding = connectors.data?.items.find(({ id }) => id === search.add);
  const add = () => go({ add: "any" });
  return (
    <>
      <Head title={t("connections.title")}>
        {search.add ? (
          <Button kind="quiet" onClick={() => go({})}>
            <X aria-hidden size={16} />
            {t("common.cancel")}
          </Button>
        ) : (
          <Button kind="primary" onClick={add}>
            <Plus aria-hidden size={16} />
            {t("connections.add")}
          </Button>
        )}
      </Head>
      {(found.error ?? connectors.error) && <Failure of={found.error ?? connectors.error} retry={() => void found.refetch()} />}
      {(found.isPending || connectors.isPending) && <Skeleton />}
      {found.data && connectors.data && !search.add && !found.data.length && (
        <Empty title={t("connections.none")}>
          <p>{t("connections.noneHint")}</p>
          <Button onClick={add}>{t("connections.add")}</Button>
        </Empty>
      )}
      {search.add && !adding && connectors.data && <Catalogue connectors={connectors.data.items} choose={(to) => go(to)} />}
      {adding && <ConnectionForm key={adding.id} connector={adding} url={search.url} taken={found.data?.map(({ name }) => name) ?? []} choose={go} />}
      {!search.add && found.data && found.data.length > 0 && (
        <div className="flex flex-col gap-6 pb-8 xl:flex-row">
          <ConnectionTable of={found.data} chosen={chosen?.id} choose={(id) => go({ id })} />
          {chosen && <ConnectionPanel key={chosen.id} connection={chosen} connector={connectors.data?.items.find(({ id }) => id === chosen.connector)} close={() => go({})} />}
        </div>
      )}
    </>
  );
}
