import type { ReactNode } from "react";

export interface Heading {
  name: ReactNode;
  end?: boolean; // numbers stand under it
  from?: "sm" | "md"; // the width of the page at which its column begins to be shown
}

const FROM = { sm: "hidden sm:table-cell", md: "hidden md:table-cell" };

/** The heads of a table. */
export function Heads({ of }: { of: Heading[] }) {
  return (
    <thead className="text-muted">
      <tr className="h-9 border-b">
        {of.map(({ name, end, from }, at) => (
          <th key={at} scope="col" className={`font-medium not-last:pe-4 ${end ? "text-end" : "text-start"} ${from ? FROM[from] : ""}`}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
