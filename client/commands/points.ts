import { Command } from 'commander';
import { spokenDuration, spokenMoment } from '../../activities/moments.ts';
import type { Points } from '../../workflows/inquiries.ts';
import { askWorker } from '../ask-worker.ts';
import { table } from '../table.ts';
import { withTemporal } from '../temporal.ts';
import { say, sayJson } from '../terminal.ts';

interface Flags {
  account?: string;
  region?: string;
  all?: true;
  json?: true;
}

/** `lifeboat points <source>`: to which moments and backups it can be restored. */
export function pointsCommand(): Command {
  return new Command('points')
    .description('Show to which moments and backups a source can be restored')
    .argument('<source>', 'instance id')
    .option('--account <name>', 'an account of the worker')
    .option('--region <region>', 'default: the account’s')
    .option('--all', 'every backup, not only the newest ones')
    .option('--json', 'one JSON line')
    .action((source: string, { all, json, account, region }: Flags) =>
      withTemporal(async (client) => {
        const points = await askWorker(client, 'points', {
          source,
          ...(account ? { account } : {}),
          ...(region ? { region } : {}),
        });
        if (json) return sayJson(points);
        say(...pointsText(points, all ? Infinity : 5));
      }),
    );
}

function pointsText({ source, window, backups, timeZone, now }: Points, most: number): string[] {
  const shown = backups.slice(0, most);
  const spoken = (iso?: string) => (iso ? spokenMoment(iso, timeZone) : 'never');
  const more = backups.length - shown.length;
  return [
    `${source.name}  ${source.engine}  ${source.account} ${source.region}  ${source.status}`,
    window
      ? `any second  ${spoken(window.begin)} … ${spoken(window.end)}  (end moves, ${spokenDuration(Date.parse(now) - Date.parse(window.end))} behind)`
      : 'no recovery window: backups only',
    '',
    table(
      ['backup', 'finished', 'kind', 'size', 'until'],
      shown.map(({ id, finished, kind, sizeBytes, expires, usable }) => [
        id,
        spoken(finished),
        usable ? kind : `${kind} (not restorable)`,
        spokenSize(sizeBytes),
        spoken(expires),
      ]),
    ),
    ...(more > 0 ? [`${more} more: --all`] : []),
    '',
    `Next: lifeboat restore ${source.id} --at "${window ? spoken(window.end).slice(11, 19) : '…'}"   or   --backup <id>`,
  ];
}

function spokenSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power > 2 ? 1 : 0)} ${units[power]}`;
}
