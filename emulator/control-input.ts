import type { z } from 'zod';

/** A request of the control API that is wrong; the answer names what is known. */
export function badRequest(message: string, known?: readonly string[]): Error {
  return Object.assign(new Error(message), { status: 400, known });
}

/** Parses, or answers with what is wrong: unknown keys are wrong too. */
export function parseControl<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = issue?.code === 'invalid_value' ? issue.values.map(String) : undefined;
  throw badRequest(
    parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`)
      .join('; '),
    known,
  );
}
