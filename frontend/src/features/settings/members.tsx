import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Failure, Field, input, Skeleton } from "@/ui";
import { membersQuery, type Role, useChange } from "./queries";
import { Roles } from "./tokens";

export function Members({ isAdmin }: { isAdmin: boolean }) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery);
  const [adding, setAdding] = useState(false);
  return (
    <section className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{t("settings.members.title")}</h2>
        {isAdmin && !adding && <Button onClick={() => setAdding(true)}>{t("settings.members.new")}</Button>}
      </div>
      {adding && <Add close={() => setAdding(false)} />}
      {members.error && <Failure of={members.error} retry={() => void members.refetch()} />}
      {members.isPending && <Skeleton rows={2} />}
      {members.data?.items.length === 0 && <p className="text-muted">{t("settings.members.none")}</p>}
      <ul>
        {members.data?.items.map((one) => (
          <li key={one.id} className="flex min-h-[36px] flex-wrap items-center gap-x-4 border-b py-1.5">
            <span className="min-w-0 flex-1 basis-full truncate font-medium sm:basis-0">{one.name || one.email}</span>
            {one.name && <span className="truncate text-sm text-muted">{one.email}</span>}
            <span className="text-sm text-muted">{t(`settings.roles.${one.role}`)}</span>
            <span className="text-sm text-muted">
              <Ago at={one.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Add({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const add = useChange("members", () => body(api.POST("/api/v1/members", { body: { email, name, role } })));
  return (
    <form
      className="flex flex-col gap-3 rounded-lg border bg-panel p-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined, { onSuccess: close });
      }}
    >
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label={t("settings.members.email")}>
          <input autoFocus required type="email" className={input} value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label={t("settings.name")}>
          <input className={input} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Roles value={role} choose={setRole} />
      </div>
      {add.error && <Failure of={add.error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={add.isPending}>{t("settings.members.add")}</Button>
        <Button onClick={close}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
