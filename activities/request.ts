import leven from 'leven';
import { z } from 'zod';

/**
 * The frame around every restore request: the same keys for all five restores. Each restore adds its
 * `from` and its `target` (the API document's own field names).
 */
export const frame = {
  account: z
    .string()
    .min(1)
    .optional()
    .describe('A name in the worker’s lifeboat.yaml. May be left out when one account fits.'),
  region: z.string().min(1).optional().describe('Default: the account’s region.'),
  reason: z.string().max(500).optional().describe('Why: an incident or ticket, for the auditors.'),
  onFailure: z
    .enum(['undo', 'keep'])
    .default('undo')
    .describe('What happens to a half-made instance when the restore fails. Cancel always undoes.'),
  acceptNoUndo: z
    .boolean()
    .optional()
    .describe('Must be true for prepaid targets: a prepaid instance cannot be undone.'),
  unchecked: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Fields of today’s API that the document lacks; passed on verbatim with a warning.'),
};

/** Milliseconds of a duration such as `90s`, `30m`, `6h` or `1d`; undefined if it is none. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 'ms'];
  return Number(match[1]) * unit;
}

export const duration = z
  .string()
  .refine((text) => (durationMs(text) ?? 0) > 0, 'write a duration such as 90s, 30m, 6h or 1d');

export const deadlines = z
  .strictObject({
    check: duration.default('30m').describe('How long a precondition may need to come true.'),
    wait: duration.optional().describe('How long the instance may take. None unless given.'),
    undo: duration.default('24h').describe('How long the undo goes on trying.'),
  })
  .default({ check: '30m', undo: '24h' });

const momentPattern =
  /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.0+)? ?(Z|UTC|[+-]\d{2}:?\d{2})$/;

/**
 * A moment with its offset, to the second: `2026-11-21 02:41:00 +08:00`. Parsed to ISO 8601 in UTC.
 * A moment without an offset is refused: nobody can tell which midnight it means.
 */
export const moment = z
  .string()
  .refine(
    (text) => parseMoment(text) !== undefined,
    'write a moment with its offset, to the second, such as "2026-11-21 02:41:00 +08:00"',
  );

/** ISO 8601 UTC of a `moment` text; undefined if it is none (also 31 February, or fractions of a second). */
export function parseMoment(text: string): string | undefined {
  const match = momentPattern.exec(text.trim());
  if (!match) return undefined;
  const [, day, clock, offset] = match;
  const zone =
    offset === 'UTC' || offset === 'Z' ? 'Z' : offset!.replace(/(\d{2})(\d{2})$/, '$1:$2');
  const instant = new Date(`${day}T${clock}${zone}`);
  if (Number.isNaN(instant.getTime())) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day)
    return undefined;
  return instant.toISOString();
}

/** A field that the frame owns, refused by name with the place where it belongs. */
export type OwnedFields = Readonly<Record<string, string>>;

export type Parsed<T> = { request: T } | { issues: string[] };

/**
 * Parses a request and lists *every* fault in words: `source: required`, `target.Storrage: unknown, did
 * you mean Storage?`. Never throws; the caller decides what a fault means.
 */
export function parseRequest<S extends z.ZodType>(
  schema: S,
  input: unknown,
  owned: OwnedFields = {},
): Parsed<z.output<S>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { request: parsed.data };
  return { issues: parsed.error.issues.flatMap((issue) => wording(issue, schema, owned)) };
}

function wording(issue: z.core.$ZodIssue, schema: z.ZodType, owned: OwnedFields): string[] {
  const path = issue.path.map(String).join('.');
  const at = (key: string) => (path ? `${path}.${key}` : key);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const place = owned[at(key)];
      if (place) return `${at(key)}: ${place}`;
      const near = nearest(key, known);
      return `${at(key)}: unknown field${near ? `, did you mean ${near}?` : ''}`;
    });
  }
  if (
    issue.code === 'invalid_type' &&
    issue.input === undefined &&
    /undefined/.test(issue.message)
  ) {
    return [`${path || 'request'}: required`];
  }
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    // Of the forms that it may take, the one that it comes nearest to.
    const forms = issue.errors.map((faults) =>
      faults.flatMap((inner) =>
        wording({ ...inner, path: [...issue.path, ...inner.path] }, schema, owned),
      ),
    );
    return forms.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }
  const text = issue.message.replace(/^Invalid (input|option): /, '');
  return [`${path || 'request'}: ${text}`];
}

function nearest(key: string, known: string[]): string | undefined {
  const ranked = known
    .filter((name) => name !== key) // a union knows it in another form
    .map((name) => ({ name, distance: leven(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, key.length / 3) ? best.name : undefined;
}

/** The field names that are known at a path of a schema, read from its JSON Schema. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  type Node = {
    properties?: Record<string, Node>;
    /** Of a record: what every key holds. */
    additionalProperties?: Node | boolean;
    items?: Node;
    anyOf?: Node[];
    oneOf?: Node[];
  };
  let nodes: Node[] = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node];
  const flat = (node: Node): Node[] => [node, ...(node.anyOf ?? node.oneOf ?? []).flatMap(flat)];
  for (const key of path) {
    nodes = nodes
      .flatMap(flat)
      .map((node) =>
        typeof key === 'number'
          ? node.items
          : (node.properties?.[String(key)] ?? node.additionalProperties),
      )
      .filter((node) => typeof node === 'object');
  }
  return nodes.flatMap(flat).flatMap((node) => Object.keys(node.properties ?? {}));
}
