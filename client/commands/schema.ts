import { Command } from 'commander';
import { z } from 'zod';
import { isRestoreName, restores } from '../../activities/index.ts';
import { cliFailure } from '../exit.ts';
import { say } from '../terminal.ts';

/** `lifeboat schema <type>`: the JSON Schema of a request, as editors and generators want it. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of a restore’s request')
    .argument('<type>', 'workflow type')
    .option('--json', 'on one line')
    .action((type: string, options: { json?: true }) => {
      if (!isRestoreName(type))
        throw cliFailure(`No restore ${type}. Known: ${Object.keys(restores).join(', ')}`);
      const schema = z.toJSONSchema(restores[type].schema, { io: 'input' });
      say(JSON.stringify({ title: type, ...schema }, null, options.json ? undefined : 2));
    });
}
