/** One of a few, all of them in sight. */
export function Choice<T extends string>({ label, of, value, choose }: {
  label: string;
  of: [T, string][];
  value: T;
  choose: (value: T) => void;
}) {
  return (
    <div role="group" aria-label={label} className="inline-flex rounded-md border bg-panel p-0.5">
      {of.map(([name, said]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === value}
          onClick={() => choose(name)}
          className="min-h-7 rounded-md px-2.5 text-sm text-muted hover:text-ink aria-pressed:bg-tint aria-pressed:font-medium aria-pressed:text-ink"
        >
          {said}
        </button>
      ))}
    </div>
  );
}
