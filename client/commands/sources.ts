import { Command } from 'commander';
import { askWorker } from '../ask-worker.ts';
import { table } from '../table.ts';
import { withTemporal } from '../temporal.ts';
import { say, sayJson } from '../terminal.ts';

/** `lifeboat sources`: what can be restored from, in every account of the worker. */
export function sourcesCommand(): Command {
  return new Command('sources')
    .description('List the instances that can be restored from')
    .option('--json', 'one JSON line')
    .action((options: { json?: true }) =>
      withTemporal(async (client) => {
        const sources = await askWorker(client, 'sources', undefined);
        if (options.json) return sayJson(sources);
        if (sources.length === 0) return say('No instance in any account of this worker.');
        say(
          table(
            ['id', 'name', 'engine', 'status', 'GB', 'account', 'region'],
            sources.map((source) => [
              source.id,
              source.name,
              source.engine,
              source.status,
              String(source.storageGb),
              source.account,
              source.region,
            ]),
          ),
          'Next: lifeboat points <id>',
        );
      }),
    );
}
