// What a field may hold, in a word or two.
export interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

export function sortOf(field: Schema): string {
  if (field.enum) return field.enum.join(" | ");
  if (field.anyOf) return field.anyOf.map(sortOf).filter((one) => one !== "null").join(" | ");
  if (field.type === "array") return `${field.items ? sortOf(field.items) : "any"}[]`;
  return field.type ?? "any";
}
