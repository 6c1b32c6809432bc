import { readFileSync } from 'node:fs';
import { tencentVariables, type Credential } from '../accounts.ts';
import { missingCredentials } from '../failures.ts';

export interface TencentKeys {
  secretId: string;
  secretKey: string;
  token?: string;
}

interface Provider {
  getCredential(): Promise<TencentKeys>;
}

/** The SDK's own providers (CommonJS, reached through the default export: CvmRoleCredential is a getter). */
async function provider(name: string, ...args: unknown[]): Promise<Provider> {
  const loaded =
    (await import('tencentcloud-sdk-nodejs/tencentcloud/common/index.js')) as unknown as {
      default: Record<string, new (...args: unknown[]) => Provider>;
    };
  return new loaded.default[name]!(...args);
}

/**
 * The key pair that a credential names, resolved anew at each call: the SDK's role credentials cache a
 * failed first fetch for ever (4.1.313), so a fresh provider each time is what recovers.
 * Throws `MissingCredentials` that names what is missing, never a value.
 */
export async function resolveTencentCredential(
  credential: Credential,
  accountName: string,
): Promise<TencentKeys> {
  const missing = (what: string) =>
    missingCredentials(`MissingCredentials: account ${accountName}: ${what}`);
  if (credential.env) return fromEnvironment(credential.env, missing);
  if (credential.file) return fromFile(credential.file, missing);
  const [source, made] = credential.profile
    ? ['profile', provider('ProfileCredential')]
    : credential.instanceRole
      ? ['instanceRole', provider('CvmRoleCredential', roleName(credential.instanceRole))]
      : ['assumeRole', assumed(credential, missing)];
  try {
    const keys = await (await made).getCredential();
    if (keys.secretId && keys.secretKey) return keys;
  } catch (error) {
    throw missing(`${source} gave no key (${(error as Error).message})`);
  }
  throw missing(`${source} gave no key`);
}

const roleName = (role: string | true) => (role === true ? undefined : role);

function assumed(credential: Credential, missing: (what: string) => Error): Promise<Provider> {
  const role = credential.assumeRole!;
  const base = fromEnvironment(tencentVariables, missing);
  return provider(
    'STSCredential',
    { credential: base, profile: {} },
    { RoleArn: role.roleArn, RoleSessionName: role.sessionName },
  );
}

function fromEnvironment(
  names: NonNullable<Credential['env']>,
  missing: (what: string) => Error,
): TencentKeys {
  const secretId = process.env[names.secretId];
  const secretKey = process.env[names.secretKey];
  const unset = [!secretId && names.secretId, !secretKey && names.secretKey].filter(Boolean);
  if (!secretId || !secretKey) throw missing(`set ${unset.join(' and ')} for the worker`);
  const token = names.sessionToken ? process.env[names.sessionToken] : undefined;
  return { secretId, secretKey, ...(token ? { token } : {}) };
}

function fromFile(path: string, missing: (what: string) => Error): TencentKeys {
  try {
    const keys = JSON.parse(readFileSync(path, 'utf8')) as Partial<TencentKeys>;
    if (keys.secretId && keys.secretKey) return keys as TencentKeys;
  } catch (error) {
    throw missing(`${path}: ${(error as NodeJS.ErrnoException).code ?? 'is not JSON'}`);
  }
  throw missing(`${path}: secretId and secretKey are wanted`);
}
