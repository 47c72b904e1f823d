// A field with a fixed value, by the type its schema gives.
import { useState } from "react";
import { input } from "@/ui";
import type { Port } from "../canvas/schema";
import { TypedLine, TypedText, useWritten } from "./typed";
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
    return <input {...common} type="checkbox" className="size-7 accent-accent" checked={Boolean(value ?? schema.default)} onChange={(event) => change(event.target.checked)} />;
  }
  if (types.length === 1 && (types[0] === "integer" || types[0] === "number")) {
    return (
      <TypedLine
        {...common}
        type="number"
        min={schema.minimum}
        max={schema.maximum}
        step={types[0] === "integer" ? 1 : "any"}
        value={shown}
        change={(text) => change(text === "" ? undefined : Number(text))}
      />
    );
  }
  if (types.length === 1 && types[0] === "string") {
    return <TypedText {...common} value={shown} change={(text) => change(text === "" ? undefined : text)} />;
  }
  return <Written types={types} {...common} value={value} readOnly={readOnly} change={change} />;
}

/** Lists, objects and what may be several things, as YAML. */
export function Written({ types, value, readOnly, change, ...common }: { types: string[]; value: unknown; readOnly: boolean; change: (value: unknown) => void; "aria-label": string; placeholder?: string }) {
  const { text, setText, on } = useWritten(written(value), (now) => JSON.stringify(unwritten(now, types).value) === JSON.stringify(value));
  const [wrong, setWrong] = useState("");
  return (
    <>
      <textarea
        {...common}
        {...on}
        readOnly={readOnly}
        aria-invalid={wrong !== ""}
        className={`${input} field-sizing-content max-h-72 min-h-13 resize-y font-mono text-sm`}
        rows={2}
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
