/** `lifeboat dev` whose emulator and worker are stand-ins: run as a process of its own by the tests. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { devCommand } from '../../client/commands/dev.ts';
import { isCliFailure } from '../../client/exit.ts';

const entry = fileURLToPath(new URL('./stand-in.js', import.meta.url));
try {
  await new Command().addCommand(devCommand({ entry })).parseAsync();
} catch (error) {
  if (!isCliFailure(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
