import { randomBytes } from 'node:crypto';
import { createAccounts, saveAccounts } from './accounts.ts';
import { createAudit } from './audit.ts';
import type { Cloud } from './cloud.ts';
import { createDatabases } from './databases.ts';
import type { BusinessClock, EngineHost } from './engines/engine.ts';
import { createFaults } from './faults.ts';
import { createPace } from './pace.ts';
import { seededRandom } from './random.ts';
import { createHttpServer, listen, stopListening } from './server.ts';
import { openStateFile } from './state-file.ts';
import type { TencentAssumptions } from './tencent/assumptions.ts';
import { tencentCloud } from './tencent/index.ts';

/** What an engine host needs of the emulator that it stands behind. */
export interface EngineContext {
  readonly clock: BusinessClock;
  readonly seed: string;
  readonly log: (line: string) => void;
}

export interface EmulatorOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  /** How many emulated seconds pass in a real one; 60 by default: a clone is ready within some 8 seconds. */
  readonly timeScale?: number;
  /** Makes ids, durations and lags reproducible. */
  readonly seed?: string;
  /** Where instances, audit and faults are kept over a restart; nothing is kept without. */
  readonly dataDirectory?: string;
  readonly accessKeyId?: string;
  readonly secretKey?: string;
  /** The real databases, or how to start them on the first account's clock; absent: no engines. */
  readonly engineHost?: EngineHost | ((context: EngineContext) => Promise<EngineHost>);
  /** Other choices where Tencent's behaviour is not documented. */
  readonly tencent?: Partial<TencentAssumptions>;
  readonly log?: (line: string) => void;
}

export interface Emulator {
  readonly url: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretKey: string;
  readonly timeScale: number;
  readonly seed: string;
  /** What runs behind the instances, or undefined. */
  readonly engines: string | undefined;
  /** Stops serving and ends every engine. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the emulated clouds on one loopback port and resolves when they answer. It never reaches out.
 * A taken port rejects with the system's EADDRINUSE, a data directory that is in use or can't be made with EDATADIR, both
 * before any engine is started.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  let ending = false;
  /** What is pulled down at the end complains; that tells nobody anything. */
  const log = (line: string) => {
    if (!ending) options.log?.(line);
  };
  const file =
    options.dataDirectory === undefined ? undefined : openStateFile(options.dataDirectory);
  const seed = options.seed ?? file?.state?.seed ?? randomBytes(6).toString('hex');
  const random = seededRandom(seed);
  const pace = createPace(options.timeScale ?? 60);
  const first = {
    accessKeyId: options.accessKeyId ?? 'lifeboat',
    secretKey: options.secretKey ?? 'lifeboat-secret',
    engines: options.engineHost !== undefined,
  };
  const accounts = createAccounts({ first, random, saved: file?.state?.accounts });
  const audit = createAudit({ saved: file?.audit, onChange: file?.append });
  const faults = createFaults({ saved: file?.state?.faults, onChange: () => save() });
  const clouds = new Map<string, Cloud>();

  let ready = false;
  const save = () => {
    if (!file || !ready) return;
    const saveCloud = (cloud: Cloud) =>
      Object.fromEntries(accounts.all().map((account) => [account.number, cloud.save(account)]));
    file.write({
      seed,
      accounts: saveAccounts(accounts),
      faults: accounts.all().flatMap(({ accessKeyId }) => faults.list(accessKeyId)),
      clouds: Object.fromEntries(
        [...clouds.values()].map((cloud) => [cloud.name, saveCloud(cloud)]),
      ),
    });
  };

  const control = { accounts, clouds, audit, faults, save, engines: first.engines, log };
  const calls = { accounts, audit, faults, random, save, log };
  const server = createHttpServer({ clouds, calls, control, log, isReady: () => ready });
  const port = await listen(server, options.port ?? 7430).catch((error: unknown) => {
    file?.release();
    throw error;
  });
  const host = await openEverything().catch(async (error: unknown) => {
    await stopListening(server);
    file?.release();
    throw error;
  });

  async function openEverything(): Promise<EngineHost | undefined> {
    const host = await openHost(options.engineHost, { clock: accounts.first.clock, seed, log });
    const databases = createDatabases({ host, port: () => port, first: () => accounts.first, log });
    const tencent = tencentCloud({
      ...{ accounts, pace, random, faults, databases },
      assumptions: options.tencent ?? {},
    });
    clouds.set(tencent.name, tencent);
    for (const account of accounts.all())
      await tencent.openAccount(account, file?.state?.clouds[tencent.name]?.[account.number]);
    ready = true;
    save();
    return host;
  }

  const upkeep = setInterval(() => {
    for (const cloud of clouds.values())
      for (const account of accounts.all()) if (account.engines) cloud.settle(account);
  }, 500);

  let closing: Promise<void> | undefined;
  const close = async () => {
    ending = true;
    clearInterval(upkeep);
    await stopListening(server);
    save();
    await host?.close();
    file?.release();
  };
  return {
    ...{ port, seed, timeScale: pace.timeScale, engines: host?.from },
    ...{ accessKeyId: first.accessKeyId, secretKey: first.secretKey },
    url: `http://127.0.0.1:${port}`,
    close: () => (closing ??= close()),
  };
}

async function openHost(
  host: EmulatorOptions['engineHost'],
  context: EngineContext,
): Promise<EngineHost | undefined> {
  return typeof host === 'function' ? host(context) : host;
}
