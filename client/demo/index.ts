import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { freePort } from '../dev/ports.ts';
import { startStack, type Stack } from '../dev/stack.ts';
import { isCliFailure } from '../exit.ts';
import { say } from '../terminal.ts';
import { clonePostgres, type DemoRestore } from './tencent-postgres-clone.ts';
import { livingClones } from './inventory.ts';

/**
 * `npm run demo`: a whole restore on this machine, over the same SDKs and wire protocols as on the real day:
 * a Temporal server, the emulated cloud with a real PostgreSQL behind it, an accident, a restore to the second
 * before it, the proof, the undo.
 */
const { values: flags } = parseArgs({
  options: { json: { type: 'boolean' }, stay: { type: 'boolean' } },
});

async function demo(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-demo-'));
  const stack = await startStack({
    temporalPort: await freePort(),
    uiPort: await freePort(),
    emulatorPort: await freePort(),
    dataDirectory: directory,
    engines: 'real',
    report: (line) => void process.stderr.write(`${pc.dim(line)}\n`),
  });
  try {
    Object.assign(process.env, stack.env);
    say(...introduction(stack));
    const restored = await clonePostgres(stack, { undo: !flags.stay });
    if (flags.stay) await stay(stack, restored);
    const leftBehind = flags.stay ? [] : await livingClones(stack.emulatorUrl);
    if (flags.json) say(JSON.stringify({ restores: [restored.json], leftBehind }));
    return restored.json.outcome === 'succeeded' && leftBehind.length === 0 ? 0 : 1;
  } finally {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function introduction({ uiUrl, temporalAddress, emulatorUrl, emulatorReady, temporal }: Stack) {
  const engine = typeof emulatorReady['engines'] === 'string' ? emulatorReady['engines'] : '';
  return [
    pc.bold('Lifeboat demo: nothing here meets a real cloud; all of it runs on this machine.'),
    `  Temporal  ${temporalAddress}   server ${temporal.server}`,
    `  UI        ${uiUrl}`,
    `  Cloud     ${emulatorUrl}   emulated Tencent, ${engine}`,
    '',
  ];
}

/** Leaves everything up until Ctrl-C, with commands that work in another terminal. */
async function stay(stack: Stack, { workflowId, json }: DemoRestore): Promise<void> {
  const env = Object.entries(stack.env).map(([name, value]) => `export ${name}='${value}'`);
  say(
    '',
    pc.bold('Everything stays up until Ctrl-C. In another terminal:'),
    ...env.map((line) => `  ${line}`),
    `  npx lifeboat status ${workflowId}`,
    `  npx lifeboat points postgres-6xk2v1qa`,
    `  npx lifeboat restore postgres-6xk2v1qa --ago 2m`,
    `  npx lifeboat keep ${workflowId} --protect`,
    `  npx lifeboat undo ${workflowId} --instance ${json.instanceId} --destroy`,
    `  and the UI: ${stack.uiUrl}`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

try {
  process.exitCode = await demo();
} catch (error) {
  if (!isCliFailure(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
