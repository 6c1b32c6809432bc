import pc from 'picocolors';
import type { Stack } from './stack.ts';

/** The one line of `lifeboat dev --json`: a contract, see docs/cli.md. */
export function readyJson(stack: Stack): string {
  return JSON.stringify({
    temporal: stack.temporalAddress,
    namespace: stack.namespace,
    ui: stack.uiUrl,
    emulator: stack.emulatorUrl,
    env: stack.env,
  });
}

/** What a person sees when everything is up: where it is, what it is, and what to try next. */
export function readyLines(
  stack: Stack,
  { seconds, env }: { seconds: number; env: NodeJS.ProcessEnv },
): string[] {
  const { temporal, description } = stack;
  const scale = description.emulator.timeScale;
  const row = (name: string, value: string, remark = '') =>
    `  ${name.padEnd(10)}${value}${remark && pc.dim(`   ${remark}`)}`;
  return [
    `${pc.bold('Lifeboat dev is ready')} in ${seconds.toFixed(1)} s. Ctrl-C stops it; every run goes on at the next start.`,
    row(
      'Temporal',
      stack.temporalAddress,
      `namespace ${stack.namespace}, server ${temporal.server}`,
    ),
    row('', pc.dim(temporal.path), `CLI ${temporal.version} from ${temporal.from}`),
    row('UI', stack.uiUrl),
    row('Emulator', stack.emulatorUrl, `${engine(stack)}; ${pace(scale)}`),
    row('Worker', worker(stack)),
    row('Data', stack.dataDirectory, 'logs/ is in there; delete it all to begin anew'),
    '',
    'Try, in another terminal:',
    ...addressNeeded(stack, env),
    `  npx lifeboat sources${pc.dim('                                                 what can be restored here')}`,
    `  npx lifeboat plan -f examples/requests/tencentPostgresClone.yaml${pc.dim('     every check, nothing made')}`,
    `  npx lifeboat restore -f examples/requests/tencentPostgresClone.yaml${pc.dim('  a real restore')}`,
  ];
}

function pace(scale: number): string {
  if (scale === 1) return 'time scale 1, as slow as a cloud';
  return `time scale ${scale}, an hour takes ${duration(3600 / scale)}`;
}

function duration(seconds: number): string {
  const minutes = seconds / 60;
  return minutes >= 1 ? `${Number(minutes.toFixed(1))} min` : `${Number(seconds.toFixed(1))} s`;
}

function engine({ description, emulatorReady }: Stack): string {
  if (description.emulator.engines === 'none') return 'no engines, status words only';
  const { engines } = emulatorReady;
  return typeof engines === 'string' ? engines : 'real engines';
}

function worker(stack: Stack): string {
  if (stack.workerReady) {
    const { queues } = stack.workerReady;
    return Array.isArray(queues) ? `serves ${queues.join(', ')}` : 'polling';
  }
  return `none (--no-worker): start one with the env of ${pc.bold('lifeboat dev --json')}`;
}

/** Commands find the default address by themselves, any other only by the environment. */
function addressNeeded(stack: Stack, env: NodeJS.ProcessEnv): string[] {
  const found = env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
  if (found === stack.temporalAddress) return [];
  return [`  export TEMPORAL_ADDRESS=${stack.temporalAddress}`];
}
