/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a block: in the JSON form of HCL, a list of them, or one alone. */
export const bodies = (block: Json | undefined): JsonObject[] =>
  Array.isArray(block) ? block.filter(isObject) : isObject(block) ? [block] : [];
