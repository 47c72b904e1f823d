import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Failure, Head } from "@/ui";

/** A page that broke: what it said, and a way on. The rest of the app stands. */
export function Crash({ error, reset }: { error: unknown; reset: () => void }) {
  return <Failure of={error} retry={reset} />;
}

export function Nowhere() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("errors.nowhere")} />
      <p className="px-4 md:px-6">
        <Link to="/" className="text-accent underline">
          {t("errors.home")}
        </Link>
      </p>
    </>
  );
}
