import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { invalidRequest, missingCredentials } from './failures.ts';
import { duration, parseRequest } from './request.ts';

/** Where a key pair comes from. Resolved at each attempt, so that a rotated key is used at once. */
const credential = z
  .strictObject({
    env: z.strictObject({
      secretId: z.string(),
      secretKey: z.string(),
      sessionToken: z.string().optional(),
    }),
    file: z.string().describe('A JSON file with secretId, secretKey and perhaps token.'),
    profile: z.literal(true).describe('The default profile of the vendor’s own credentials file.'),
    instanceRole: z.union([z.string(), z.literal(true)]).describe('The role of this machine.'),
    assumeRole: z.strictObject({
      roleArn: z.string(),
      sessionName: z.string().default('lifeboat'),
    }),
  })
  .partial()
  .refine(
    (value) => Object.keys(value).length > 0,
    'give env, file, profile, instanceRole or assumeRole',
  );

export type Credential = z.output<typeof credential>;

const roles = z.strictObject({ read: credential, create: credential, delete: credential });

/** One credential for all, or one per role; the faults are told of the form that was meant. */
const credentials = z.unknown().transform((value, context): Credential | z.output<typeof roles> => {
  const perRole = typeof value === 'object' && value !== null && hasRole(value);
  const parsed = (perRole ? roles : credential).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
});

const hasRole = (value: object) => Object.keys(roles.shape).some((role) => role in value);

const timing = z
  .strictObject({
    request: duration.describe('How long one call may take.'),
    create: duration.describe('How long a create attempt may take: at least two calls.'),
    listLag: duration.describe('How long a new instance may be missing from lists.'),
    look: duration.describe('How often a waiting restore looks.'),
    undoRetry: duration.describe('How long a refused delete waits before it is tried again.'),
  })
  .partial();

const account = z.strictObject({
  cloud: z.enum(['tencent', 'alibaba', 'jdcloud']),
  site: z.enum(['china', 'international']).default('china'),
  region: z.string().min(1),
  timeZone: z
    .string()
    .regex(/^[+-]\d{2}:\d{2}$/, 'an offset such as +08:00')
    .default('+08:00')
    .describe('What a bare clock time in the CLI means.'),
  credentials,
  proxy: z.string().optional(),
  endpoint: z.url().optional().describe('Instead of the cloud’s own. Loopback for the emulator.'),
  timing: timing.optional(),
  protect: z
    .array(z.string())
    .default([])
    .describe('Instance ids and tag keys never to be deleted.'),
  login: z
    .strictObject({
      user: z.string(),
      password: z.string(),
      database: z.string().default('postgres'),
    })
    .optional()
    .describe('Reads the open client sessions before an undo; password as env:NAME or file:/path.'),
  emulator: z.boolean().default(false),
});

const file = z.strictObject({ accounts: z.record(z.string().min(1), account) });

export type Account = z.output<typeof account> & { name: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `lifeboat.yaml` is looked for, in order; LIFEBOAT_CONFIG alone if it is set. */
export function configFiles(environment: Environment): string[] {
  if (environment['LIFEBOAT_CONFIG']) return [environment['LIFEBOAT_CONFIG']];
  return [
    join(process.cwd(), 'lifeboat.yaml'),
    join(homedir(), '.config', 'lifeboat', 'lifeboat.yaml'),
  ];
}

/**
 * The accounts that this worker may use: from `lifeboat.yaml`, else from the vendors' own environment
 * variables. Throws `InvalidRequest` that names the file and every fault in it.
 */
export function loadAccounts(environment: Environment = process.env): Account[] {
  const path = configFiles(environment).find((candidate) => existsSync(candidate));
  if (!path) {
    if (environment['LIFEBOAT_CONFIG'])
      throw invalidRequest([`LIFEBOAT_CONFIG: no file ${environment['LIFEBOAT_CONFIG']}`]);
    return accountsFromEnvironment(environment);
  }
  const parsed = parseRequest(file, parseYaml(path));
  if ('issues' in parsed) throw invalidRequest(parsed.issues.map((issue) => `${path}: ${issue}`));
  return Object.entries(parsed.request.accounts).map(([name, fields]) =>
    checked({ name, ...fields }, environment),
  );
}

function parseYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalidRequest([`${path}: ${(error as Error).message.split('\n')[0]}`]);
  }
}

/** With LIFEBOAT_LOOPBACK_ONLY (dev, demo, tests) real clouds are out of reach by construction. */
function checked(candidate: Account, environment: Environment): Account {
  if (environment['LIFEBOAT_LOOPBACK_ONLY'] && !isLoopback(candidate.endpoint))
    throw invalidRequest([
      `account ${candidate.name}: endpoint ${candidate.endpoint ?? '(the cloud’s own)'} is not loopback, and LIFEBOAT_LOOPBACK_ONLY is set`,
    ]);
  return candidate;
}

export function isLoopback(endpoint: string | undefined): boolean {
  if (!endpoint) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function accountsFromEnvironment(environment: Environment): Account[] {
  if (environment['LIFEBOAT_LOOPBACK_ONLY'] || !environment['TENCENTCLOUD_SECRET_ID']) return [];
  return [
    {
      name: 'tencent',
      ...account.parse({
        cloud: 'tencent',
        region: environment['TENCENTCLOUD_REGION'] ?? 'ap-guangzhou',
        credentials: { env: tencentVariables },
      }),
    },
  ];
}

/** The variables that Tencent's own SDKs read (EnvironmentVariableCredential, tencentcloud-sdk-nodejs 4.1). */
export const tencentVariables = {
  secretId: 'TENCENTCLOUD_SECRET_ID',
  secretKey: 'TENCENTCLOUD_SECRET_KEY',
  sessionToken: 'TENCENTCLOUD_SESSION_TOKEN',
};

/** The named account, or the only one of that cloud; throws `InvalidRequest` that lists the choices. */
export function chooseAccount(options: {
  cloud: Account['cloud'];
  name?: string | undefined;
  accounts?: Account[];
}): Account {
  const accounts = options.accounts ?? loadAccounts();
  const fitting = accounts.filter(({ cloud }) => cloud === options.cloud);
  const names = fitting.map(({ name }) => name).join(', ') || 'none';
  if (options.name) {
    const chosen = fitting.find(({ name }) => name === options.name);
    if (chosen) return chosen;
    throw invalidRequest([
      `account: no ${options.cloud} account ${options.name} on this worker (it has: ${names})`,
    ]);
  }
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length > 1) throw invalidRequest([`account: several fit, name one of ${names}`]);
  throw missingCredentials(
    `MissingCredentials: no ${options.cloud} account on this worker. Write one with lifeboat init, or set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY for it.`,
  );
}

export type Role = 'read' | 'create' | 'delete';

export function credentialFor(account: Account, role: Role): Credential {
  return 'read' in account.credentials ? account.credentials[role] : account.credentials;
}

/**
 * How much faster than real time the emulated cloud runs; divides settling times, intervals and deadlines.
 * Accepted for loopback endpoints only, so that nobody shortens a real cloud's settling time by accident.
 */
export function timeScale(account: Account, environment: Environment = process.env): number {
  const scale = Number(environment['LIFEBOAT_TIME_SCALE'] ?? 1);
  if (!(scale > 0)) throw invalidRequest(['LIFEBOAT_TIME_SCALE: a number above 0']);
  if (scale !== 1 && !isLoopback(account.endpoint))
    throw invalidRequest([
      `LIFEBOAT_TIME_SCALE is ${scale}, but account ${account.name} is no emulator; unset it`,
    ]);
  return scale;
}
