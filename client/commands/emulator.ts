import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { EngineHost } from '../../emulator/engines/engine.ts';
import type { Emulator, EmulatorOptions, EngineContext } from '../../emulator/index.ts';
import { onLauncherGone } from '../dev/launcher.ts';
import { cliFailure } from '../exit.ts';

interface Flags {
  readonly port: number;
  readonly timeScale: number;
  readonly seed?: string;
  readonly dataDir?: string;
  readonly engines: 'real' | 'none';
  readonly json?: boolean;
}

/** `lifeboat emulator`: the clouds of the emulator on one loopback port, until it is told to stop. */
export function emulatorCommand(): Command {
  return new Command('emulator')
    .description('Run the emulated clouds on one loopback port, to rehearse without an account')
    .option('--port <port>', 'port on 127.0.0.1, 0 for a free one', wholeNumber, 7430)
    .option('--time-scale <n>', 'how many times faster than the clouds', positiveNumber, 60)
    .option('--seed <text>', 'makes ids, durations and lags reproducible')
    .option('--data-dir <dir>', 'keep instances, audit and faults over a restart')
    .addOption(
      new Option('--engines <kind>', 'real databases behind the instances, or none')
        .choices(['real', 'none'])
        .default('real'),
    )
    .option('--json', 'print one JSON object when ready')
    .action(runEmulator);
}

async function runEmulator(flags: Flags): Promise<void> {
  const stopped = stopRequest();
  const temporary: string[] = [];
  try {
    const emulator = await start(flags, async () => {
      const directory = await temporaryDirectory();
      temporary.push(directory);
      return directory;
    });
    process.stdout.write(`${readyLine(emulator, flags)}\n`);
    await stopped;
    await emulator.close();
  } finally {
    for (const directory of temporary) rmSync(directory, { recursive: true, force: true });
  }
}

/** Named so that the next emulator removes it if this one is killed. Databases don't run as root: their user may pass through. */
async function temporaryDirectory(): Promise<string> {
  const { temporaryPrefix, temporaryRoot } = await import('../../emulator/engines/leftovers.ts');
  const directory = mkdtempSync(join(temporaryRoot(), temporaryPrefix));
  chmodSync(directory, 0o711);
  return directory;
}

async function start(flags: Flags, makeTemporary: () => Promise<string>): Promise<Emulator> {
  const { startEmulator } = await import('../../emulator/index.ts');
  const { EMULATOR_ACCESS_KEY_ID: accessKeyId, EMULATOR_SECRET_KEY: secretKey } = process.env;
  const { port, timeScale, seed, dataDir } = flags;
  const options: EmulatorOptions = {
    ...{ port, timeScale, log: (line) => process.stderr.write(`${line}\n`) },
    ...(seed !== undefined && { seed }),
    ...(dataDir !== undefined && { dataDirectory: dataDir }),
    ...(accessKeyId && { accessKeyId }),
    ...(secretKey && { secretKey }),
    ...(flags.engines === 'real' && {
      engineHost: postgresIn(async () =>
        dataDir === undefined ? makeTemporary() : join(dataDir, 'engines'),
      ),
    }),
  };
  try {
    return await startEmulator(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EDATADIR') throw cliFailure(message);
    if (code !== 'EADDRINUSE')
      throw cliFailure(
        flags.engines === 'real'
          ? `${message}\nWithout databases behind the instances: --engines none`
          : message,
      );
    throw cliFailure(
      `Port ${port} of 127.0.0.1 is taken, perhaps by another emulator. Choose one with --port, or --port 0 for a free one.`,
    );
  }
}

/** PostgreSQL from npm behind every instance that can have it; loaded only when asked for. */
function postgresIn(
  directory: () => Promise<string>,
): (context: EngineContext) => Promise<EngineHost> {
  return async ({ clock, seed, log }) => {
    const { createPostgresHost } = await import('../../emulator/engines/postgres.ts');
    return createPostgresHost({
      ...{ directory: await directory(), clock, seed: seedNumber(seed), log },
    });
  };
}

/** The engine host takes a number; a text seed gives one by its first characters' codes. */
const seedNumber = (seed: string): number =>
  /^\d+$/.test(seed)
    ? Number(seed)
    : [...seed].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 2 ** 31, 7);

function readyLine(emulator: Emulator, flags: Flags): string {
  const { url, accessKeyId, secretKey, timeScale, seed } = emulator;
  const engines = emulator.engines ?? 'none';
  if (flags.json) {
    const ready = { emulator: url, accessKeyId, secretKey, timeScale, engines, seed };
    return JSON.stringify(ready);
  }
  const behind =
    emulator.engines === undefined
      ? 'NO ENGINES: nothing listens behind the instances'
      : `engines: ${engines}`;
  return `Emulator ready at ${url} (key ${accessKeyId} / ${secretKey}, time scale ${timeScale}, seed ${seed}, ${behind})`;
}

/** Resolves on SIGTERM, SIGINT, or when npx or the parent that forked this process has gone. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    onLauncherGone(resolve);
    if (!process.channel) return;
    process.once('disconnect', () => resolve());
    process.channel.unref(); // listening for the end of the channel must not keep this process alive
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}
