// Runs as they were started, filtered by what stands in the address; a long list is fetched as somebody scrolls.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Button, Empty, Failure, Head, Skeleton } from "@/ui";
import { Rows } from "@/ui/rows";
import { FilterBar } from "./filters";
import { nameOf } from "./names";
import { type Run } from "@/api/runs";
import { type Filters, pagesQuery } from "./queries";
import { RunHead, RunLine } from "./table";

export function Runs() {
  const { t } = useTranslation();
  const { pick = "", ...search } = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const runs = useInfiniteQuery(pagesQuery(search as Filters));
  const picked = pick ? pick.split(",") : [];
  const all = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = runs;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const turn = (id: string) => {
    const next = picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id].slice(-2);
    void navigate({ search: { ...search, pick: next.join(",") || undefined }, replace: true });
  };
  return (
    <>
      <Head title={t("runs.title")}>
        {picked.length > 0 && (
          <Button
            kind="primary"
            disabled={picked.length < 2}
            onClick={() => void navigate({ to: "/runs/compare", search: { a: picked[0], b: picked[1] } })}
          >
            {t(picked.length < 2 ? "runs.pickOther" : "runs.compare")}
          </Button>
        )}
      </Head>
      <FilterBar search={search as Filters} choose={(next) => void navigate({ search: { ...next } })} />
      {runs.error && <Failure of={runs.error} retry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton />}
      {runs.data && (all.length ? <Long runs={all} picked={picked} turn={turn} more={more} /> : <NoRuns filtered={Object.keys(search).length > 0} clear={() => void navigate({ search: {} })} />)}
    </>
  );
}

function Long({ runs, picked, turn, more }: { runs: Run[]; picked: string[]; turn: (id: string) => void; more: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="px-4 pb-6 md:px-6">
      <RunHead picks />
      <Rows
        label={t("runs.title")}
        count={runs.length}
        onEnd={more}
        draw={(i) => {
          const run = runs[i] as Run;
          return (
            <div className="grid grid-cols-[2rem_minmax(0,1fr)]">
              <label className="grid h-[36px] w-8 place-items-center border-b">
                <input
                  type="checkbox"
                  className="size-4 accent-accent"
                  aria-label={t("runs.pick", { of: nameOf(run) ?? run.id })}
                  checked={picked.includes(run.id)}
                  onChange={() => turn(run.id)}
                />
              </label>
              <RunLine run={run} />
            </div>
          );
        }}
      />
    </div>
  );
}

function NoRuns({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const { t } = useTranslation();
  if (filtered) {
    return (
      <Empty title={t("runs.noneSo")}>
        <Button onClick={clear}>{t("runs.clear")}</Button>
      </Empty>
    );
  }
  return (
    <Empty title={t("runs.none")}>
      <p>{t("runs.noneHint")}</p>
      <pre tabIndex={0} className="max-w-full overflow-x-auto rounded-md border bg-panel p-3 text-start font-mono text-sm">
        scripts/troupe run docs/examples/mails/workflow.yaml
      </pre>
    </Empty>
  );
}
