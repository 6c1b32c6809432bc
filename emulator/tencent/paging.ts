import { invalidValue } from './refusals.ts';

/** One page by row offset. The product's rule: `Limit` up to 100, outside its range refused. */
export function pageOf<Row>(
  rows: readonly Row[],
  options: {
    limit: number | undefined;
    offset: number | undefined;
    fallback: number;
    minimum?: number;
  },
): Row[] {
  const { limit = options.fallback, offset = 0, fallback, minimum = 1 } = options;
  if (limit < minimum || limit > 100)
    throw invalidValue(`The value of \`Limit\` must be ${minimum} to 100, not ${limit}.`);
  if (offset < 0) throw invalidValue('The value of `Offset` must not be negative.');
  return rows.slice(offset, offset + (limit || fallback));
}

/** Rows in the order that `OrderBy` and `OrderByType` name; unknown words are refused. */
export function ordered<Row>(
  rows: readonly Row[],
  options: {
    by: string;
    direction: string;
    keys: Readonly<Record<string, (row: Row) => string | number>>;
  },
): Row[] {
  const { by, direction, keys } = options;
  const key = Object.hasOwn(keys, by) ? keys[by] : undefined;
  if (!key) throw invalidValue(`\`OrderBy\` supports ${Object.keys(keys).join(', ')}, not ${by}.`);
  if (direction !== 'asc' && direction !== 'desc')
    throw invalidValue(`\`OrderByType\` supports asc and desc, not ${direction}.`);
  const sign = direction === 'asc' ? 1 : -1;
  return [...rows].sort((left, right) => {
    const [one, two] = [key(left), key(right)];
    return one === two ? 0 : one < two ? -sign : sign;
  });
}

export interface Filter {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** Rows that every filter accepts; the values inside one filter are alternatives. */
export function filtered<Row>(
  rows: readonly Row[],
  filters: readonly Filter[] | undefined,
  accepts: Readonly<Record<string, (row: Row, value: string) => boolean>>,
): Row[] {
  return (filters ?? []).reduce<Row[]>(
    (left, { Name, Values }) => {
      const accept = Object.hasOwn(accepts, Name) ? accepts[Name] : undefined;
      if (!accept)
        throw invalidValue(`Unknown filter ${Name}; known: ${Object.keys(accepts).join(', ')}.`);
      return left.filter((row) => Values.some((value) => accept(row, value)));
    },
    [...rows],
  );
}
