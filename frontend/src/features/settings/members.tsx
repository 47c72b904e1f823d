import { useQuery } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { Ago, Button, Failure, Field, input, Skeleton } from "@/ui";
import { Confirm } from "@/ui/confirm";
import { type Member, membersQuery, type Role, ROLES, useChange } from "./queries";
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
          <One key={one.id} member={one} isAdmin={isAdmin} />
        ))}
      </ul>
    </section>
  );
}

function One({ member, isAdmin }: { member: Member; isAdmin: boolean }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const path = { params: { path: { id: member.id } } };
  const change = useChange("members", (role: Role) => body(api.PUT("/api/v1/members/{id}", { ...path, body: { role } })));
  const remove = useChange("members", () => body(api.DELETE("/api/v1/members/{id}", path)));
  const name = member.name || member.email;
  return (
    <li className="flex min-h-[36px] flex-wrap items-center gap-x-4 gap-y-1 border-b py-1.5">
      <span className="min-w-0 flex-1 basis-full truncate font-medium sm:basis-0">{name}</span>
      {member.name && <span className="truncate text-sm text-muted">{member.email}</span>}
      <span className="text-sm text-muted">
        <Ago at={member.created_at} />
      </span>
      {isAdmin ? (
        <>
          <span className="w-28">
            <select aria-label={t("settings.members.change", { name })} className={input} value={member.role} disabled={change.isPending} onChange={(event) => change.mutate(event.target.value as Role)}>
              {ROLES.map((role) => (
                <option key={role} value={role}>
                  {t(`settings.roles.${role}`)}
                </option>
              ))}
            </select>
          </span>
          <Button kind="quiet" aria-label={t("settings.members.remove", { name })} className="px-2" onClick={() => setAsking(true)}>
            <UserX aria-hidden size={16} />
          </Button>
        </>
      ) : (
        <span className="text-sm text-muted">{t(`settings.roles.${member.role}`)}</span>
      )}
      {asking && <Confirm question={t("settings.members.removeQuestion", { name })} action={t("settings.members.removeAction")} busy={remove.isPending} onYes={() => remove.mutate(undefined)} onNo={() => setAsking(false)} />}
      {(change.error ?? remove.error) && <Failure of={(change.error ?? remove.error) as Error} />}
    </li>
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
