import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultDataDirectory, makeDataDirectory } from './data-directory.ts';
import {
  temporalProfile,
  workerAccounts,
  workerEnvironment,
  type StackAddresses,
} from './environment.ts';
import { takeOver } from './ledger.ts';
import { readLocalStack, type LocalStack } from './local-stack.ts';
import { refuseBusyPorts } from './ports.ts';
import { startParts, type StackParts } from './stack-parts.ts';
import { findTemporalBinary, type TemporalBinary } from './temporal-binary.ts';

const lifeboat = fileURLToPath(new URL('../index.js', import.meta.url));

export interface StackOptions {
  /** Default: temporal-dev.yaml. What is left out below is taken from it. */
  readonly description?: LocalStack;
  readonly temporalPort?: number | undefined;
  readonly uiPort?: number | undefined;
  readonly emulatorPort?: number | undefined;
  /** Default: `.lifeboat` in the current directory (see defaultDataDirectory). */
  readonly dataDirectory?: string | undefined;
  readonly timeScale?: number | undefined;
  readonly engines?: 'real' | 'none' | undefined;
  readonly worker?: { readonly start: boolean };
  /** The `lifeboat` script that emulator and worker are forked from; tests put a stand-in here. */
  readonly entry?: string;
  /** Told what happens besides: one line for a person each. */
  readonly report?: (line: string) => void;
  /** Calls the start off: what has been started is stopped, and startStack rejects. */
  readonly signal?: AbortSignal;
}

export interface Stack extends StackAddresses {
  /** With these, `lifeboat worker` started by hand serves this stack as its own worker does. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDirectory: string;
  readonly description: LocalStack;
  readonly temporal: TemporalBinary;
  /** The one JSON line of the emulator, and of the worker if there is one. */
  readonly emulatorReady: Readonly<Record<string, unknown>>;
  readonly workerReady: Readonly<Record<string, unknown>> | undefined;
  /** Resolves, with one line, when a part died too often and was given up. */
  readonly givenUp: Promise<string>;
  /** Stops in order: the worker drains, then the emulator with its engines, and Temporal. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL to one part, which is then started again, or to all for good. Does not wait. */
  kill(what: keyof StackParts | 'everything'): void;
}

/**
 * Starts the local stack: Temporal server, emulator and worker, each started again when it dies, on a
 * data directory that all runs survive in. Rejects with one line for the person who started it (busy
 * port, another dev on the directory, no Temporal program, a part that does not start); nothing that
 * it started is left then.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const report = options.report ?? (() => undefined);
  const ending = new AbortController();
  const stack = withFlags(options);
  const addresses = addressesOf(stack);
  const binary = await findTemporalBinary({ wanted: stack.temporal, env: process.env, report });

  const directory = makeDataDirectory(options.dataDirectory ?? ourDefaultDirectory());
  const ledger = await takeOver({ file: directory.ledger, report });
  let giveUp: (line: string) => void = () => undefined;
  const givenUp = new Promise<string>((resolve) => (giveUp = resolve));
  const env = workerEnvironment({
    ...addresses,
    dataDirectory: directory.path,
    timeScale: stack.emulator.timeScale,
    env: process.env,
  });

  const end = () => ending.abort();
  options.signal?.addEventListener('abort', end, { once: true });
  let parts: StackParts;
  try {
    options.signal?.throwIfAborted();
    await refuseBusyPorts(stack);
    writeFileSync(env.LIFEBOAT_CONFIG, workerAccounts(addresses));
    writeFileSync(env.TEMPORAL_CONFIG_FILE, temporalProfile(addresses));
    parts = await startParts({
      ...{ stack, addresses, directory, ledger, env, report, giveUp, ending },
      binary: binary.path,
      entry: options.entry ?? lifeboat,
    });
  } catch (error) {
    ledger.close();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', end);
  }

  const stop = async () => {
    end();
    await parts.worker?.stop();
    await Promise.all([parts.emulator.stop(), parts.temporal.stop()]);
    ledger.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    ...addresses,
    env,
    dataDirectory: directory.path,
    description: stack,
    temporal: binary,
    emulatorReady: parts.emulator.current().ready,
    workerReady: parts.worker?.current().ready,
    givenUp,
    stop: () => (stopped ??= stop()),
    kill: (what) => {
      if (what !== 'everything') return void parts[what]?.current().kill();
      end();
      for (const part of [parts.worker, parts.emulator, parts.temporal]) part?.kill();
    },
  };
}

function withFlags(options: StackOptions): LocalStack {
  const { temporal, emulator, worker } = options.description ?? readLocalStack();
  return {
    temporal: {
      ...temporal,
      port: options.temporalPort ?? temporal.port,
      uiPort: options.uiPort ?? temporal.uiPort,
    },
    emulator: {
      port: options.emulatorPort ?? emulator.port,
      timeScale: options.timeScale ?? emulator.timeScale,
      engines: options.engines ?? emulator.engines,
    },
    worker: options.worker ?? worker,
  };
}

const addressesOf = ({ temporal, emulator }: LocalStack): StackAddresses => ({
  temporalAddress: `${temporal.ip}:${temporal.port}`,
  namespace: temporal.namespace,
  uiUrl: `http://${temporal.ip}:${temporal.uiPort}`,
  emulatorUrl: `http://127.0.0.1:${emulator.port}`,
});

const ourDefaultDirectory = (): string =>
  defaultDataDirectory({ currentDirectory: process.cwd(), uid: process.getuid?.() });
