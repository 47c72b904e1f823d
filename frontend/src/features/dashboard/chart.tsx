// The one file that knows recharts. What it draws is for the eye; the table beside it is for everybody.
import { Bar, CartesianGrid, ComposedChart, Legend, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Series } from "./by-day";

interface Given {
  rows: { day: string; values: (number | null)[] }[];
  series: Series[];
  say: (n: number) => string;
  lines: boolean;
  whole: boolean; // counts have no halves
  open: (day: string) => void;
}

const short = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const told = (day: string) => short.format(new Date(`${day}T00:00:00`));

export default function Chart({ rows, series, say, lines, whole, open }: Given) {
  return (
    <div aria-hidden className="h-56 cursor-pointer text-sm">
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart data={rows} accessibilityLayer={false} margin={{ top: 4, right: 4, bottom: 0, left: 0 }} onClick={({ activeLabel }) => activeLabel !== undefined && open(String(activeLabel))}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis dataKey="day" tickFormatter={told} tickLine={false} axisLine={false} tick={{ fill: "var(--muted)", fontSize: 12 }} minTickGap={24} />
          <YAxis allowDecimals={!whole} tickFormatter={say} tickLine={false} axisLine={false} width={64} tick={{ fill: "var(--muted)", fontSize: 12 }} />
          <Tooltip
            labelFormatter={(day) => told(String(day))}
            formatter={(value) => say(Number(value))}
            cursor={{ fill: "var(--hover)" }}
            isAnimationActive={false}
            contentStyle={{ background: "var(--raised)", border: "1px solid var(--line)", borderRadius: 8, color: "var(--ink)" }}
            itemStyle={{ color: "var(--ink)" }}
          />
          {series.length > 1 && <Legend iconSize={10} formatter={(name) => <span className="text-ink">{name}</span>} />}
          {series.map(({ name, colour }, i) =>
            lines ? (
              <Line key={name} name={name} dataKey={`values[${i}]`} stroke={colour} strokeWidth={2} dot={rows.length < 10} isAnimationActive={false} />
            ) : (
              <Bar key={name} name={name} dataKey={`values[${i}]`} stackId="all" fill={colour} maxBarSize={36} isAnimationActive={false} />
            ),
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}
