import pc from 'picocolors';
import { spokenDuration } from '../activities/moments.ts';
import type { Plan } from '../workflows/inquiries.ts';
import { echoed } from './moment.ts';

/** The page before the create: what it would make, from what, at what price, and what was proved. */
export function planText(plan: Plan, at: { temporal: string; now: string }): string[] {
  const { order, plan: found } = plan;
  const { parameters: fields, point, source } = found;
  const zone = { timeZone: order.timeZone, now: at.now };
  const utc = point.utc && !point.backup ? echoed(point.utc, zone) : point.text;
  const failing = found.checks.filter(({ ok }) => ok === 'no' || ok === 'wait');
  return [
    `${pc.bold('PLAN')}  ${order.restore}   account ${order.account}   ${at.temporal}   worker ${plan.worker}`,
    row('to', `${utc}; later commits are not in the copy`),
    row('from', `${source.id} "${source.name}": read, never changed`),
    ...(fields['SpecCode'] ? [row('makes', makes(plan))] : []),
    row('price', `unknown        takes  ${takes(plan.earlierSeconds)}`),
    row('checks', summary(found.checks)),
    ...failing.map(({ name, seen, expected }) =>
      row('', pc.red(`${name}: ${seen} (expected: ${expected})`)),
    ),
    ...found.checks
      .filter(({ ok }) => ok === 'warn')
      .map(({ name, seen }) => row('', pc.yellow(`${name}: ${seen}`))),
    row(
      'calls',
      'CloneDBInstance once, then reads. If it fails or you cancel: Isolate + Destroy of that one id',
    ),
  ];
}

const row = (label: string, text: string) => `  ${label.padEnd(8)} ${text}`;

function makes({ order, plan }: Plan): string {
  const { SpecCode, Storage, InstanceChargeType, VpcId, SubnetId } = plan.parameters;
  const prefix = order.mark.name.replace(/-lb[0-9a-f]{12}$/, '');
  const billing = InstanceChargeType === 'PREPAID' ? 'PREPAID, cannot be undone' : 'by the hour';
  const groups = ((plan.parameters['SecurityGroupIds'] as string[] | undefined) ?? []).join(', ');
  return `${prefix}-lb…  ${String(SpecCode)}, ${String(Storage)} GB, ${billing}; ${String(VpcId)}, ${String(SubnetId)}, ${groups || 'default security group'}`;
}

function takes(seconds: number[]): string {
  if (seconds.length === 0) return 'unknown (no earlier clone of this source)';
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map((s) =>
    spokenDuration(s * 1000),
  );
  const count = `${seconds.length} earlier clone${seconds.length > 1 ? 's' : ''} of this source`;
  return `${least === most ? least : `${least} … ${most}`} (${count})`;
}

function summary(checks: Plan['plan']['checks']): string {
  const count = (ok: string) => checks.filter((check) => check.ok === ok).length;
  const parts = [
    `${count('yes')} ok`,
    count('warn') > 0 && `${count('warn')} warning${count('warn') > 1 ? 's' : ''}`,
    count('wait') > 0 && `${count('wait')} not yet (the run waits for it)`,
    count('no') > 0 && pc.red(`${count('no')} refused`),
  ];
  return parts.filter(Boolean).join(', ');
}
