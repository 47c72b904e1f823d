// Markdown of others as text on our page: no HTML of theirs, no picture from outside, links that carry nothing along.
import Markdown, { type Components } from "react-markdown";
import gfm from "remark-gfm";

const LOOKS =
  "wrap-anywhere [&>*+*]:mt-3 [&_h1]:text-xl [&_h1]:font-semibold [&_h2]:font-semibold [&_h3]:font-semibold [&_ul]:list-disc [&_ol]:list-decimal " +
  "[&_ul]:ps-6 [&_ol]:ps-6 [&_li+li]:mt-1 [&_blockquote]:border-s-2 [&_blockquote]:ps-3 [&_blockquote]:text-muted [&_hr]:my-4 " +
  "[&_code]:rounded [&_code]:bg-hover [&_code]:px-1 [&_code]:font-mono [&_code]:text-sm [&_pre_code]:bg-transparent [&_pre_code]:p-0 " +
  "[&_th]:border [&_th]:px-2 [&_th]:py-1 [&_th]:text-start [&_td]:border [&_td]:px-2 [&_td]:py-1";

const PARTS: Components = {
  a: ({ href, children }) => <Away href={href}>{children}</Away>,
  img: ({ src, alt }) => <Away href={typeof src === "string" ? src : undefined}>{alt || src}</Away>,
  pre: ({ children }) => (
    <pre tabIndex={0} className="max-w-full overflow-x-auto rounded-md border bg-page p-3">
      {children}
    </pre>
  ),
  th: ({ children }) => (children ? <th>{children}</th> : <td />), // a table of Markdown has heads, said or not
  table: ({ children }) => (
    <div tabIndex={0} className="max-w-full overflow-x-auto">
      <table className="text-sm">{children}</table>
    </div>
  ),
};

function Away({ href, children }: { href?: string; children?: React.ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline">
      {children}
    </a>
  );
}

export function Text({ of }: { of: string }) {
  return (
    <div className={LOOKS}>
      <Markdown remarkPlugins={[gfm]} components={PARTS}>
        {of}
      </Markdown>
    </div>
  );
}
