// JSON Schema as ports and fields need it: names, types, and whether one fits another. Pure.
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  format?: string;
}

export interface Port {
  name: string;
  types: string[]; // empty: anything
  required: boolean;
  schema: Schema;
}

/** The fields of an object's schema; those that must be given come first. */
export function portsOf(schema: Schema): Port[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .map(([name, one]) => ({ name, types: typesOf(one, schema), required: required.has(name), schema: resolved(one, schema) }))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

/** A schema without `$ref` at its top; of "this or null", this. */
export function resolved(schema: Schema, root: Schema, depth = 0): Schema {
  if (depth > 8) return {};
  if (schema.$ref) {
    const target = root.$defs?.[schema.$ref.split("/").at(-1) as string];
    return target ? { ...resolved(target, root, depth + 1), ...(schema.description ? { description: schema.description } : {}) } : {};
  }
  const choices = (schema.anyOf ?? schema.oneOf)?.filter((one) => one.type !== "null");
  if (choices?.length === 1) {
    const { anyOf: _a, oneOf: _o, ...outer } = schema;
    return { ...resolved(choices[0] as Schema, root, depth + 1), ...outer };
  }
  return schema;
}

export function typesOf(schema: Schema, root: Schema, depth = 0): string[] {
  const one = resolved(schema, root);
  if (depth > 8) return [];
  if (one.type) return [one.type].flat().filter((type) => type !== "null");
  if (one.enum) return [...new Set(one.enum.map((value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)))];
  const choices = one.anyOf ?? one.oneOf;
  if (!choices) return [];
  const all = choices.map((choice) => typesOf(choice, root, depth + 1));
  return all.some((types) => !types.length) ? [] : [...new Set(all.flat())];
}

/** Whether a value of one may be given where the other is asked for; what is not known fits. */
export function fits(from: string[], to: string[]): boolean {
  if (!from.length || !to.length) return true;
  return from.some((type) => to.includes(type) || (type === "integer" && to.includes("number")));
}

const ASIDE = new Set(["model", "cached", "confidence", "reason", "usage", "count", "finish"]); // said of an output, not what it is about

/** The field of an output that an input most likely wants: the one of its name, else the first that fits. */
export function bestPort(outputs: Port[], wanted: Port): Port | undefined {
  const fit = outputs.filter(({ types }) => types.length > 0 && fits(types, wanted.types));
  return fit.find(({ name }) => name === wanted.name) ?? fit.find(({ name }) => !ASIDE.has(name));
}
