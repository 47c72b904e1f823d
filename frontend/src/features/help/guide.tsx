// One guide of the documentation.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty, Failure, Head, Skeleton } from "@/ui";
import { Text } from "@/ui/markdown";
import { guideQuery, titleOf } from "./guides";

export function Guide() {
  const { t } = useTranslation();
  const { guide } = useParams({ from: "/help/$guide" });
  const text = useQuery(guideQuery(guide));
  return (
    <>
      <Head title={titleOf(guide)}>
        <Link to="/help" className="text-accent underline">{t("help.all")}</Link>
      </Head>
      {text.error && <Failure of={text.error} />}
      {text.isPending && <Skeleton />}
      {text.data === "" && <Empty title={t("help.noGuide")} />}
      {text.data && (
        <article className="max-w-3xl px-4 pb-10 md:px-6">
          <Text of={text.data.replace(/^# .*\n+/, "")} />
        </article>
      )}
    </>
  );
}
