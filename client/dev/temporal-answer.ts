import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withoutForeignSettings } from './environment.ts';
import type { TemporalStack } from './local-stack.ts';
import { accepts } from './ports.ts';

const readyDeadlineMs = 30_000;

interface AskOptions {
  readonly binary: string;
  readonly stack: TemporalStack;
  readonly port: number;
}

/**
 * Asks a Temporal server until it answers with every search attribute of the stack, registering what a
 * file made earlier lacks. Undefined once it does; after 30 s, or when called off, why it did not.
 *
 * The `temporal` program asks, in a process of its own: grpc-js shares a channel that is backing off
 * with every later Connection of this process, which then waits although the server is up.
 */
export async function whyNoAnswer(
  options: AskOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ip, searchAttributes } = options.stack;
  const deadline = Date.now() + readyDeadlineMs;
  let seen = 'nothing listens';
  while (Date.now() < deadline && !signal.aborted) {
    if (await accepts({ ip, port: options.port })) {
      try {
        const registered = await registeredAttributes(options);
        const missing = Object.keys(searchAttributes).filter((name) => !registered.includes(name));
        if (missing.length === 0) return undefined;
        await registerAttributes(missing, options);
      } catch (error) {
        seen = (error as Error).message.split('\n').filter(Boolean).at(-1) ?? seen;
      }
    }
    await delay(25);
  }
  return `does not answer after ${readyDeadlineMs / 1000} s (${seen})`;
}

async function registeredAttributes(options: AskOptions): Promise<string[]> {
  const answer = await operator(options, ['list', '--output', 'json']);
  const { customAttributes } = JSON.parse(answer) as { customAttributes?: object };
  return Object.keys(customAttributes ?? {});
}

/** Registering one twice is harmless. */
async function registerAttributes(names: string[], options: AskOptions): Promise<void> {
  const pairs = names.flatMap((name) => {
    const type = options.stack.searchAttributes[name] ?? 'Keyword';
    return ['--name', name, '--type', type];
  });
  await operator(options, ['create', ...pairs]);
}

async function operator(options: AskOptions, command: string[]): Promise<string> {
  const { ip, namespace } = options.stack;
  const target = ['--address', `${ip}:${options.port}`, '--namespace', namespace];
  const limits = ['--disable-config-file', '--command-timeout', '5s'];
  const { stdout } = await promisify(execFile)(
    options.binary,
    ['operator', 'search-attribute', ...command, ...target, ...limits],
    { timeout: 8000, killSignal: 'SIGKILL', env: withoutForeignSettings(process.env) },
  );
  return stdout;
}
