// One block: what it does, what it is given and gives, with examples, and a workflow to begin with it.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { blocksQuery } from "@/api/blocks";
import { useMay } from "@/api/me";
import { Effect, Empty, Failure, Head, Json, Skeleton } from "@/ui";
import { Heads } from "@/ui/heads";
import { Text } from "@/ui/markdown";
import { type Schema, sortOf } from "./schema";

const NOTHING = ["null", '""', "[]", "{}"]; // no default worth a word

export function BlockPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/help/blocks/$id" });
  const blocks = useQuery(blocksQuery());
  const may = useMay("editor");
  const block = blocks.data?.get(id);
  if (blocks.error) return <Failure of={blocks.error} retry={() => void blocks.refetch()} />;
  if (blocks.isPending) return <Skeleton />;
  if (!block) return <><Head title={id} /><Empty title={t("help.noBlock")}><Link to="/help" className="text-accent underline">{t("help.all")}</Link></Empty></>;
  const examples = block.examples as { title?: string; given: unknown; gives?: unknown }[];
  return (
    <>
      <Head title={block.title}>
        {may && (
          <Link to="/workflows/$id" params={{ id: "new" }} search={{ name: "workflow", block: id }} className="inline-flex min-h-8 items-center text-accent underline">
            {t("help.begin")}
          </Link>
        )}
        <Link to="/help" className="inline-flex min-h-8 items-center text-accent underline">{t("help.all")}</Link>
      </Head>
      <div className="flex max-w-4xl flex-col gap-6 px-4 pb-10 md:px-6">
        <p className="flex flex-wrap items-center gap-4">
          <code className="font-mono">{id}</code>
          <Effect value={block.effect} />
        </p>
        <Text of={block.description} />
        <Fields title={t("help.given")} of={block.input_schema} />
        <Fields title={t("help.gives")} of={block.output_schema} />
        <section className="flex flex-col gap-4">
          <h2 className="font-semibold">{t("help.examples")}</h2>
          {examples.map(({ title, given, gives }, at) => (
            <div key={at} className="flex flex-col gap-1">
              {title && <h3 className="text-muted">{title}</h3>}
              <div className="grid items-start gap-2 sm:grid-cols-2">
                <Json value={given} />
                {gives !== undefined && <Json value={gives} />}
              </div>
            </div>
          ))}
        </section>
      </div>
    </>
  );
}

function Fields({ title, of }: { title: string; of: Schema }) {
  const { t } = useTranslation();
  const fields = Object.entries(of.properties ?? {});
  if (!fields.length) return null;
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{title}</h2>
      <div tabIndex={0} role="region" aria-label={title} className="overflow-x-auto">
        <table className="w-full text-sm">
          <Heads of={[{ name: t("help.field") }, { name: t("help.kind") }, { name: t("help.about") }]} />
          <tbody>
            {fields.map(([name, field]) => (
              <tr key={name} className="border-b align-top">
                <td className="py-1.5 pe-4 font-mono whitespace-nowrap">
                  {name}
                  {of.required?.includes(name) && <span className="text-muted"> ({t("help.needed")})</span>}
                </td>
                <td className="py-1.5 pe-4 text-muted">{sortOf(field)}</td>
                <td className="py-1.5">
                  {field.description}
                  {!NOTHING.includes(JSON.stringify(field.default ?? null)) && (
                    <span className="text-muted"> {t("help.usually", { value: JSON.stringify(field.default) })}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
