import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Failure, Field, input } from "@/ui";
import { Value } from "@/ui/value";
import { Arguments } from "./arguments";
import { type Approval, schemaQuery, type useDecide } from "./queries";

type Way = "" | "change" | "refuse";

/** Approve, change and approve, or refuse. What was decided on is what was seen: its hash goes along. */
export function Decide({ of, decide, inline }: { of: Approval; decide: ReturnType<typeof useDecide>; inline?: boolean }) {
  const { t } = useTranslation();
  const schema = useQuery(schemaQuery(of.block));
  const [way, setWay] = useState<Way>("");
  const [changed, setChanged] = useState<unknown>(of.arguments);
  const [reason, setReason] = useState("");
  const say = (decision: "approve" | "refuse") =>
    decide.mutate({
      decision,
      arguments_hash: of.arguments_hash,
      reason,
      ...(decision === "approve" && way === "change" ? { arguments: changed as never } : {}),
    });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        say(way === "refuse" ? "refuse" : "approve");
      }}
    >
      {way === "change" ? <Arguments start={of.arguments} schema={schema.data} change={setChanged} /> : <Value title={t("approvals.arguments")} value={of.arguments} as="table" />}
      {way !== "" && (
        <Field label={t(way === "refuse" ? "approvals.why" : "approvals.note")} hint={t("approvals.kept")}>
          <textarea className={input} rows={2} maxLength={2000} autoFocus={way === "refuse"} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      )}
      {decide.error && <Failure of={decide.error} />}
      <div className={inline ? "flex flex-wrap gap-2" : "sticky bottom-0 -mx-4 flex flex-wrap gap-2 border-t bg-page px-4 py-3 md:-mx-6 md:px-6"}>
        {way === "" && (
          <>
            <Button type="submit" kind="primary" className="min-h-[44px] flex-1 sm:flex-none" disabled={decide.isPending}>
              {t("approvals.approve")}
            </Button>
            <Button className="min-h-[44px] flex-1 sm:flex-none" onClick={() => setWay("change")}>
              {t("approvals.change")}
            </Button>
            <Button kind="danger" className="min-h-[44px] flex-1 sm:flex-none" onClick={() => setWay("refuse")}>
              {t("approvals.refuse")}
            </Button>
          </>
        )}
        {way !== "" && (
          <>
            <Button
              type="submit"
              kind={way === "refuse" ? "danger" : "primary"}
              className="min-h-[44px] flex-1 sm:flex-none"
              disabled={decide.isPending || (way === "change" && changed === undefined)}
            >
              {t(way === "refuse" ? "approvals.refuseNow" : "approvals.approveChanged")}
            </Button>
            <Button className="min-h-[44px]" onClick={() => (setWay(""), setChanged(of.arguments))}>
              {t("common.cancel")}
            </Button>
          </>
        )}
      </div>
    </form>
  );
}
