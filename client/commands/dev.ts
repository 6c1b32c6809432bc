import { Command, Option } from 'commander';
import { onLauncherGone } from '../dev/launcher.ts';
import { readyJson, readyLines } from '../dev/ready-lines.ts';
import { startStack } from '../dev/stack.ts';
import { cliFailure, exitCodes } from '../exit.ts';

interface DevFlags {
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly emulatorPort?: number;
  readonly dataDir?: string;
  readonly timeScale?: number;
  readonly engines?: 'real' | 'none';
  readonly worker: boolean;
  readonly json?: boolean;
}

/**
 * `lifeboat dev`: the whole local stack in the foreground, until Ctrl-C. stdout holds what is said when
 * it is ready (with --json one JSON line); everything else goes to stderr. Tests give a stand-in for
 * the script that emulator and worker are forked from.
 */
export function devCommand(program: { entry?: string } = {}): Command {
  return new Command('dev')
    .description('Run Temporal, the emulated clouds and a worker on this machine')
    .option('--temporal-port <port>', "Temporal's gRPC port (default: 7233)", portNumber)
    .option('--ui-port <port>', "port of Temporal's UI (default: 8233)", portNumber)
    .option('--emulator-port <port>', 'port of the emulated clouds (default: 7430)', portNumber)
    .option('--data-dir <dir>', 'where runs, databases and logs are kept (default: ./.lifeboat)')
    .option('--time-scale <n>', 'how many times faster the clouds are (default: 60)', scale)
    .addOption(
      new Option('--engines <which>', 'databases behind the instances (default: real)').choices([
        'real',
        'none',
      ]),
    )
    .option('--no-worker', 'start no worker')
    .option('--json', 'print one JSON line when all is ready')
    .action((flags: DevFlags) => runDev({ ...program, ...flags }));
}

async function runDev(flags: DevFlags & { entry?: string }): Promise<void> {
  const began = performance.now();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const leaving = listenForLeave(say);
  if (!flags.json) say('Starting Temporal, the emulated clouds and a worker …');
  try {
    const stack = await startStack({
      ...flags,
      dataDirectory: flags.dataDir,
      worker: { start: flags.worker },
      report: say,
      signal: leaving.signal,
    });
    leaving.atOnce = () => stack.kill('everything');
    const seconds = (performance.now() - began) / 1000;
    const ready = flags.json
      ? [readyJson(stack)]
      : readyLines(stack, { seconds, env: process.env });
    process.stdout.write(`${ready.join('\n')}\n`);
    const failure = await Promise.race([leaving.asked, stack.givenUp]);
    await stack.stop();
    if (failure !== undefined) throw cliFailure(failure, exitCodes.failedAndClean);
    say('Stopped. Every run goes on at the next start.');
  } catch (error) {
    if (leaving.signal.aborted) throw cliFailure('Stopped.', exitCodes.cancelledAndClean);
    throw error;
  } finally {
    leaving.stopListening();
  }
}

interface Leaving {
  readonly signal: AbortSignal;
  /** Resolves when somebody asked to stop. */
  readonly asked: Promise<undefined>;
  /** What a second Ctrl-C does before it ends this process. */
  atOnce: () => void;
  stopListening(): void;
}

/** The first SIGINT, SIGTERM, SIGHUP or death of npx asks to stop in order, one after half a second ends at once. */
function listenForLeave(say: (line: string) => void): Leaving {
  const ending = new AbortController();
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      say('Stopping: the worker finishes its calls, then the rest. Again to end at once.');
      ending.abort();
    } else if (performance.now() - firstAt > 500) {
      // Sooner it is the same Ctrl-C: the terminal sends it to the whole group, and npx passes it on.
      leaving.atOnce();
      process.exit(130);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  signals.forEach((name) => process.on(name, onSignal));
  const stopWatching = onLauncherGone(onSignal);
  const leaving: Leaving = {
    signal: ending.signal,
    asked: new Promise((resolve) =>
      ending.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    ),
    atOnce: () => undefined,
    stopListening: () => {
      stopWatching();
      signals.forEach((name) => process.off(name, onSignal));
    },
  };
  return leaving;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw cliFailure(`"${text}" is no port: give a number from 1 to 65535.`);
}

function scale(text: string): number {
  const factor = Number(text);
  if (text.trim() && Number.isFinite(factor) && factor > 0) return factor;
  throw cliFailure(`--time-scale ${text}: give a number above 0, such as 60.`);
}
