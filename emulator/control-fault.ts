import { z } from 'zod';
import { type Cloud, type CloudName, cloudNames } from './cloud.ts';
import { badRequest, parseControl } from './control-input.ts';
import { type FaultKind, faultKinds, faultOptions, isResourceFault } from './fault-kinds.ts';
import type { Fault } from './faults.ts';
import { isTooDeep } from './nesting.ts';

const frame = z.looseObject({
  cloud: z.string(),
  action: z.string(),
  fault: z.string(),
  match: z.record(z.string(), z.unknown()).default({}),
  times: z.number().int().positive().default(1),
  after: z.number().int().nonnegative().default(0),
});

/** Reads one fault of the control API. Anything unknown is refused with the list of what is known. */
export function parseFault(
  input: unknown,
  clouds: ReadonlyMap<string, Cloud>,
): Omit<Fault, 'id' | 'seen' | 'hits' | 'account'> {
  const {
    cloud: cloudName,
    action,
    fault,
    match,
    times,
    after,
    ...rest
  } = parseControl(frame, input);
  if (isTooDeep(match)) throw badRequest('match: nested too deeply');
  const cloud = clouds.get(cloudName);
  if (!cloud) throw badRequest(unknownCloud(cloudName), [...clouds.keys()]);
  if (action !== '*' && !cloud.actions.has(action))
    throw badRequest(`unknown action '${action}' of ${cloudName}`, [...cloud.actions.keys(), '*']);
  if (!isFaultKind(fault)) throw badRequest(`unknown fault '${fault}'`, faultKinds);

  const options = parseControl(faultOptions[fault], rest);
  if ('how' in options && !cloud.damages.includes(options.how))
    throw badRequest(`'${options.how}' can't happen to a backup of ${cloudName}`, cloud.damages);
  const suitable = suitableActions(fault, cloud);
  if (action !== '*' && !suitable.includes(action))
    throw badRequest(`'${fault}' can't be armed on ${action}`, suitable);
  return { cloud: cloud.name, action, fault, match, times, after, options };
}

const isFaultKind = (word: string): word is FaultKind => (faultKinds as string[]).includes(word);

const unknownCloud = (name: string) =>
  cloudNames.includes(name as CloudName)
    ? `'${name}' is not served by this version yet`
    : `unknown cloud '${name}'`;

function suitableActions(fault: FaultKind, cloud: Cloud): string[] {
  const actions = [...cloud.actions];
  const suits = ([, facts]: (typeof actions)[number]) => {
    if (fault === 'emptyList') return facts.emptyAnswer !== undefined;
    if (fault === 'refuseDelete') return facts.kind === 'delete';
    if (fault === 'twin' || isResourceFault(fault)) return facts.kind === 'create';
    return true;
  };
  return actions.filter(suits).map(([name]) => name);
}
