import { readFileSync } from 'node:fs';
import { invalidRequest } from './failures.ts';

/**
 * The secret behind a reference, `env:NAME` or `file:/path`. Resolved where it is used and nowhere else: no
 * secret enters a request, a message, a log line or a history. Throws `InvalidRequest` that names the
 * reference, never a value.
 */
export function resolveSecret(reference: string): string {
  const [, kind, place] = /^(env|file):(.+)$/.exec(reference) ?? [];
  if (!kind || !place)
    throw invalidRequest(['a secret is given as env:NAME or file:/path, never as itself']);
  const value = kind === 'env' ? process.env[place] : read(place);
  if (!value) throw invalidRequest([`${reference}: empty or not set on this worker`]);
  return value;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}
