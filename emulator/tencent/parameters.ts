import { z } from 'zod';
import {
  invalidParameter,
  invalidValue,
  missingParameter,
  unknownParameter,
  wrongType,
} from './refusals.ts';

export const text = z.string();
export const whole = z.int();
export const flag = z.boolean();
export const texts = z.array(z.string());
export const filters = z.array(z.strictObject({ Name: text, Values: texts }));

/** Shape of a request: unknown fields are refused by the platform, as the live one does. */
export const fields = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape);

export interface RawParameters {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Values of GET and form requests are strings: numbers and booleans are read from them. */
  readonly stringly: boolean;
}

/**
 * Reads the parameters of one action, and refuses as the platform does: UnknownParameter,
 * MissingParameter, InvalidParameter for a wrong type, and the product's code for a wrong value.
 */
export function readParameters<Schema extends z.ZodType>(
  schema: Schema,
  { parameters, stringly }: RawParameters,
): z.output<Schema> {
  const present = withoutNulls(parameters);
  const first = schema.safeParse(present);
  if (first.success) return first.data;
  const second = stringly ? schema.safeParse(spelledOut(present, first.error)) : first;
  if (second.success) return second.data;

  const issues = second.error.issues;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const name = (issue?.path ?? []).join('.');
  if (issue?.code === 'unrecognized_keys')
    throw unknownParameter([...issue.path, issue.keys[0] ?? ''].join('.'));
  if (issue?.code === 'invalid_type')
    throw valueAt(present, issue.path) === undefined ? missingParameter(name) : wrongType(name);
  throw invalidValue(`The value of \`${name}\` is not allowed: ${issue?.message ?? ''}`);
}

/** The Go SDK sends nothing for a nil field; a literal null means the same. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

const valueAt = (values: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], values);

/** Turns strings into what the schema asked for at the places where it complained. */
function spelledOut(values: unknown, error: z.ZodError): unknown {
  const copy = structuredClone(values);
  for (const issue of error.issues) {
    if (issue.code !== 'invalid_type') continue;
    const holder = valueAt(copy, issue.path.slice(0, -1)) as Record<PropertyKey, unknown>;
    const key = issue.path.at(-1) ?? '';
    const word = holder[key];
    if (typeof word !== 'string') continue;
    if (issue.expected === 'boolean' && /^(true|false)$/i.test(word))
      holder[key] = word.toLowerCase() === 'true';
    if (/^(number|int)$/.test(issue.expected) && /^-?\d+$/.test(word)) holder[key] = Number(word);
  }
  return copy;
}

/** Without inherited keys: a parameter may bear any name. */
const emptyRecord = () => Object.create(null) as Record<string, unknown>;

/** Builds `{Filters: [{Name, Values}]}` from `Filters.0.Name=…&Filters.0.Values.0=…`. */
export function unflatten(parameters: Iterable<[string, string]>): Record<string, unknown> {
  const root = emptyRecord();
  for (const [name, value] of parameters) {
    const path = name.split('.');
    if (path.length > 32)
      throw invalidParameter(`The parameter \`${name.slice(0, 40)}…\` is nested too deeply.`);
    const holder = path.slice(0, -1).reduce<Record<string, unknown>>((inner, key) => {
      const next = Object.hasOwn(inner, key) ? inner[key] : undefined;
      if (typeof next === 'object') return next as Record<string, unknown>;
      return (inner[key] = emptyRecord());
    }, root);
    holder[path.at(-1) ?? ''] = value;
  }
  return withArrays(root) as Record<string, unknown>;
}

function withArrays(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withArrays(item)] as const);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key)))
    return entries.sort(([left], [right]) => Number(left) - Number(right)).map(([, item]) => item);
  return Object.fromEntries(entries);
}
