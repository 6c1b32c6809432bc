import { Command } from 'commander';
import { restores } from '../../activities/index.ts';
import { spokenDuration } from '../../activities/moments.ts';
import { table } from '../table.ts';
import { withTemporal } from '../temporal.ts';
import { say, sayJson } from '../terminal.ts';

interface Flags {
  open?: true;
  source?: string;
  limit: string;
  json?: true;
}

/** `lifeboat list`: restores that Temporal still knows, newest first. */
export function listCommand(): Command {
  return new Command('list')
    .description('List restores, newest first')
    .option('--open', 'only those that are running')
    .option('--source <id>', 'only those of one source')
    .option('--limit <n>', 'at most so many', '20')
    .option('--json', 'one JSON line')
    .action((flags: Flags) =>
      withTemporal(async (client) => {
        const types = Object.keys(restores).map((name) => `'${name}'`);
        const query = [
          `WorkflowType IN (${types.join(', ')})`,
          flags.open && "ExecutionStatus = 'Running'",
          flags.source && `LifeboatSource = '${flags.source.replaceAll("'", '')}'`,
        ].filter(Boolean);
        const rows: Record<string, string>[] = [];
        for await (const run of client.workflow.list({ query: query.join(' AND ') })) {
          const attribute = (name: string) => String(run.searchAttributes[name]?.[0] ?? '');
          const end = run.closeTime ?? new Date();
          rows.push({
            run: run.workflowId,
            type: run.type,
            state: run.status.name.toLowerCase(),
            phase: attribute('LifeboatPhase'),
            outcome: attribute('LifeboatOutcome'),
            source: attribute('LifeboatSource'),
            started: run.startTime.toISOString(),
            took: spokenDuration(end.getTime() - run.startTime.getTime()),
          });
          if (rows.length >= Number(flags.limit)) break;
        }
        if (flags.json) return sayJson(rows);
        if (rows.length === 0) return say('No restores here yet. Next: lifeboat sources');
        const columns = ['run', 'state', 'phase', 'outcome', 'started', 'took'];
        say(
          table(
            columns,
            rows.map((row) => columns.map((name) => shown(name, row[name] ?? ''))),
          ),
        );
      }),
    );
}

const shown = (column: string, value: string) =>
  column === 'started' ? `${value.slice(0, 19).replace('T', ' ')}Z` : value;
