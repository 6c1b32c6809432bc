#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { cancelCommand } from './commands/cancel.ts';
import { devCommand } from './commands/dev.ts';
import { emulatorCommand } from './commands/emulator.ts';
import { initCommand } from './commands/init.ts';
import { keepCommand } from './commands/keep.ts';
import { listCommand } from './commands/list.ts';
import { pointsCommand } from './commands/points.ts';
import { planCommand, restoreCommand } from './commands/restore.ts';
import { schemaCommand } from './commands/schema.ts';
import { sourcesCommand } from './commands/sources.ts';
import { statusCommand, watchCommand } from './commands/status.ts';
import { undoCommand } from './commands/undo.ts';
import { workerCommand } from './commands/worker.ts';
import { exitCodes, isCliFailure } from './exit.ts';

const groups = {
  'Commands that look:': [
    sourcesCommand(),
    pointsCommand(),
    planCommand(),
    statusCommand(),
    watchCommand(),
    listCommand(),
    schemaCommand(),
  ],
  'Commands that change:': [restoreCommand(), cancelCommand(), keepCommand(), undoCommand()],
  'Commands that serve:': [workerCommand(), devCommand(), emulatorCommand(), initCommand()],
};

const program = new Command('lifeboat')
  .description('Restores cloud databases, and rehearses it.')
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride();

for (const [group, commands] of Object.entries(groups))
  for (const command of commands)
    program.addCommand(command.helpGroup(group).copyInheritedSettings(program));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = ended(error);
}

/** One readable line, and the exit code that stands for it; a stack only for what is our own fault. */
function ended(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.refused;
  if (!isCliFailure(error)) {
    const { message, stack } = error as Error;
    process.stderr.write(`${process.env['LIFEBOAT_DEBUG'] ? stack : `lifeboat: ${message}`}\n`);
    return exitCodes.failedAndClean;
  }
  process.stderr.write(`${error.message}\n`);
  return error.exitCode;
}
