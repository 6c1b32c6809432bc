#!/usr/bin/env node
import { Command } from 'commander';
import { devCommand } from './commands/dev.ts';
import { emulatorCommand } from './commands/emulator.ts';
import { workerCommand } from './commands/worker.ts';
import { exitCodes, isCliFailure } from './exit.ts';

const program = new Command('lifeboat')
  .description('Restores cloud databases, and rehearses it.')
  .addCommand(devCommand())
  .addCommand(emulatorCommand())
  .addCommand(workerCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!isCliFailure(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
void exitCodes;
