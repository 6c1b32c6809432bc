import { join } from 'node:path';
import { stringify } from 'yaml';

const foreign = /^(TENCENTCLOUD_|ALIBABA_CLOUD_|ALIYUN_|ALICLOUD_|JDCLOUD_|JDC_|TEMPORAL_)/i;

/**
 * An environment without anybody's real cloud credentials and without the settings that would lead to
 * another Temporal: what every program of the local stack starts from.
 */
export function withoutForeignSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}

export interface StackAddresses {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly uiUrl: string;
  readonly emulatorUrl: string;
}

/** Everything that makes `lifeboat worker`, started by hand, serve this stack as dev's own worker does. */
export function workerEnvironment(
  options: StackAddresses & {
    dataDirectory: string;
    timeScale: number;
    env: NodeJS.ProcessEnv;
  },
) {
  return {
    TEMPORAL_ADDRESS: options.temporalAddress,
    TEMPORAL_NAMESPACE: options.namespace,
    // Else a profile in the user's own temporal.toml could add TLS or an API key of a real cluster.
    TEMPORAL_CONFIG_FILE: join(options.dataDirectory, 'temporal.toml'),
    TEMPORAL_PROFILE: 'default',
    LIFEBOAT_CONFIG: join(options.dataDirectory, 'lifeboat.yaml'),
    LIFEBOAT_TIME_SCALE: String(options.timeScale),
    LIFEBOAT_LOOPBACK_ONLY: '1',
    LIFEBOAT_UI: options.uiUrl,
    ...emulatorKeys(options.env),
  };
}

/** The keys that the emulator accepts and the worker uses; the emulator's own defaults. */
export function emulatorKeys(env: NodeJS.ProcessEnv) {
  return {
    EMULATOR_ACCESS_KEY_ID: env.EMULATOR_ACCESS_KEY_ID ?? 'lifeboat',
    EMULATOR_SECRET_KEY: env.EMULATOR_SECRET_KEY ?? 'lifeboat-secret',
    // The emulated databases' administrator, as the fixtures document it (docs/emulator.md).
    EMULATOR_DATABASE_PASSWORD: 'dbadmin-2026',
  };
}

/** The `lifeboat.yaml` of the local stack's worker: the emulated clouds, no secret in it. */
export function workerAccounts({ emulatorUrl }: { emulatorUrl: string }): string {
  const credentials = {
    env: { secretId: 'EMULATOR_ACCESS_KEY_ID', secretKey: 'EMULATOR_SECRET_KEY' },
  };
  const accounts = {
    'tencent-emulator': {
      cloud: 'tencent',
      site: 'china',
      region: 'ap-guangzhou',
      timeZone: '+08:00',
      endpoint: emulatorUrl,
      emulator: true,
      credentials,
      login: { user: 'dbadmin', password: 'env:EMULATOR_DATABASE_PASSWORD', database: 'orders' },
      // On loopback a call that takes longer is lost; a shorter settling time after it.
      timing: { request: '5s' },
    },
  };
  // YAML 1.1 tools read a bare +08:00 as a number.
  const text = stringify(
    { accounts },
    { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  );
  return `# Written by \`lifeboat dev\` at every start.\n${text}`;
}

/** The Temporal configuration file of the local stack, for the SDKs and the `temporal` command. */
export function temporalProfile(options: StackAddresses): string {
  return [
    '# Written by `lifeboat dev` at every start.',
    '[profile.default]',
    `address = "${options.temporalAddress}"`,
    `namespace = "${options.namespace}"`,
    '',
  ].join('\n');
}
