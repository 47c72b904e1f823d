// A field with a fixed value, by the type its schema gives.
import { useEffect, useState } from "react";
import { input } from "@/ui";
import type { Port } from "../canvas/schema";
import { brief, unwritten, written } from "./values";

interface Props {
  port: Port;
  label: string;
  value: unknown;
  readOnly: boolean;
  change: (value: unknown) => void;
}

export function Fixed({ port, label, value, readOnly, change }: Props) {
  const { schema, types } = port;
  const shown = value === undefined || value === null ? "" : String(value);
  const common = { "aria-label": label, disabled: readOnly, placeholder: schema.default === undefined || schema.default === null ? undefined : brief(schema.default, 40) };
  if (schema.enum) {
    return (
      <select {...common} className={input} value={shown} onChange={(event) => change(event.target.value === "" ? undefined : schema.enum?.find((one) => String(one) === event.target.value))}>
        <option value="">{schema.default === undefined ? "" : String(schema.default)}</option>
        {schema.enum.filter((one) => one !== null).map((one) => <option key={String(one)}>{String(one)}</option>)}
      </select>
    );
  }
  if (types.length === 1 && types[0] === "boolean") {
    return <input {...common} type="checkbox" className="size-6 accent-accent" checked={Boolean(value ?? schema.default)} onChange={(event) => change(event.target.checked)} />;
  }
  if (types.length === 1 && (types[0] === "integer" || types[0] === "number")) {
    return (
      <input
        {...common}
        type="number"
        className={input}
        min={schema.minimum}
        max={schema.maximum}
        step={types[0] === "integer" ? 1 : "any"}
        value={shown}
        onChange={(event) => change(event.target.value === "" ? undefined : Number(event.target.value))}
      />
    );
  }
  if (types.length === 1 && types[0] === "string") {
    return (
      <textarea
        {...common}
        className={`${input} resize-y`}
        rows={Math.min(10, Math.max(1, shown.split("\n").length + Math.floor(shown.length / 52)))}
        value={shown}
        onChange={(event) => change(event.target.value === "" ? undefined : event.target.value)}
      />
    );
  }
  return <Written types={types} {...common} value={value} readOnly={readOnly} change={change} />;
}

/** Lists, objects and what may be several things, as YAML. */
export function Written({ types, value, readOnly, change, ...common }: { types: string[]; value: unknown; readOnly: boolean; change: (value: unknown) => void; "aria-label": string; placeholder?: string }) {
  const [text, setText] = useState(() => written(value));
  const [wrong, setWrong] = useState("");
  const sign = JSON.stringify(value);
  useEffect(() => {
    // What came from elsewhere is shown; what is being written here stays as it is written.
    setText((now) => {
      const said = unwritten(now, types);
      return said.wrong === undefined && JSON.stringify(said.value) === sign ? now : written(value);
    });
  }, [sign]);
  return (
    <>
      <textarea
        {...common}
        readOnly={readOnly}
        aria-invalid={wrong !== ""}
        className={`${input} resize-y font-mono text-sm`}
        rows={Math.min(12, Math.max(2, text.split("\n").length))}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const said = unwritten(event.target.value, types);
          setWrong(said.wrong ?? "");
          if (said.wrong === undefined) change(said.value);
        }}
      />
      {wrong && <span className="text-sm text-failed">{wrong}</span>}
    </>
  );
}
