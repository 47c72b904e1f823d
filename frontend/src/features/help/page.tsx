// What can be looked up: the guides, and every block.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { blocksQuery } from "@/api/blocks";
import { Failure, Head, Skeleton } from "@/ui";
import { GUIDES, titleOf } from "./guides";

export function Help() {
  const { t } = useTranslation();
  const blocks = useQuery(blocksQuery());
  const all = [...(blocks.data?.values() ?? [])];
  const categories = [...new Set(all.map(({ category }) => category))].sort();
  return (
    <>
      <Head title={t("help.title")}>
        <a href="/api/docs" target="_blank" rel="noopener" className="text-accent underline">{t("help.api")}</a>
      </Head>
      <div className="flex flex-col gap-8 px-4 pb-8 md:px-6">
        <Part title={t("help.guides")}>
          {GUIDES.map((guide) => (
            <Link key={guide} to="/help/$guide" params={{ guide }} className={LINK}>{titleOf(guide)}</Link>
          ))}
        </Part>
        {blocks.error && <Failure of={blocks.error} retry={() => void blocks.refetch()} />}
        {blocks.isPending && <Skeleton />}
        {categories.map((category) => (
          <Part key={category} title={t("help.blocksOf", { category })}>
            {all.filter((block) => block.category === category).map(({ id, title }) => (
              <Link key={id} to="/help/blocks/$id" params={{ id }} className={LINK}>
                {title} <code className="font-mono text-sm text-muted">{id}</code>
              </Link>
            ))}
          </Part>
        ))}
      </div>
    </>
  );
}

const LINK = "flex min-h-8 flex-wrap items-center gap-x-2 hover:underline";

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{title}</h2>
      <div className="grid gap-x-6 sm:grid-cols-2 lg:grid-cols-3">{children}</div>
    </section>
  );
}
