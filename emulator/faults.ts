import type { Call, CloudName } from './cloud.ts';
import {
  type FaultKind,
  isAnswerFault,
  isResourceFault,
  type OptionsOf,
  type ResourceFault,
} from './fault-kinds.ts';

/** One armed fault. `seen` counts the calls (or resources) that it could have met, `hits` those that it did. */
export interface Fault<Kind extends FaultKind = FaultKind> {
  readonly id: string;
  readonly account: string;
  readonly cloud: CloudName;
  readonly action: string;
  readonly fault: Kind;
  readonly match: Readonly<Record<string, unknown>>;
  readonly times: number;
  readonly after: number;
  readonly options: OptionsOf<Kind>;
  seen: number;
  hits: number;
}

/** What a call meets on arrival: any number of twins and one answer fault. */
export interface Met {
  readonly twins: readonly Fault<'twin'>[];
  readonly answer: Fault | undefined;
}

export interface Faults {
  arm(fault: Omit<Fault, 'id' | 'seen' | 'hits'>): Fault;
  /** All faults of an account in order of arming, spent ones included. */
  list(account: string): Fault[];
  disarm(account: string, id?: string): number;
  isArmed(id: string): boolean;
  meet(cloud: CloudName, call: Call): Met;
  /** The faults that stick to a resource that this call has just made. `corruptBackup` only if it reads that backup. */
  stick(cloud: CloudName, call: Call, backupId?: string): Fault<ResourceFault>[];
}

/** All armed faults. `onChange` is told of every change, for the state file. */
export function createFaults(
  options: { saved?: readonly Fault[]; onChange?: () => void } = {},
): Faults {
  let armed = [...(options.saved ?? [])];
  let lastId = armed.reduce((highest, { id }) => Math.max(highest, Number(id.slice(6))), 0);
  const changed = () => options.onChange?.();

  const concerns = (fault: Fault, cloud: CloudName, call: Call) =>
    fault.cloud === cloud &&
    fault.account === call.account.accessKeyId &&
    (fault.action === '*' || fault.action === call.action) &&
    fault.hits < fault.times &&
    contains(call.parameters, fault.match);
  const comesNow = (fault: Fault) => {
    fault.seen += 1;
    changed();
    return fault.seen > fault.after;
  };
  const hit = (fault: Fault) => {
    fault.hits += 1;
    changed();
  };

  return {
    arm: (fault) => {
      const added = { ...fault, id: `fault-${++lastId}`, seen: 0, hits: 0 };
      armed.push(added);
      changed();
      return added;
    },
    list: (account) => armed.filter((fault) => fault.account === account),
    disarm: (account, id) => {
      const before = armed.length;
      armed = armed.filter(
        (fault) => fault.account !== account || (id !== undefined && fault.id !== id),
      );
      changed();
      return before - armed.length;
    },
    isArmed: (id) => armed.some((fault) => fault.id === id),

    meet: (cloud, call) => {
      const twins: Fault<'twin'>[] = [];
      let answer: Fault | undefined;
      for (const fault of armed) {
        if (isResourceFault(fault.fault) || !concerns(fault, cloud, call)) continue;
        if (fault.fault === 'emptyList' && call.kind !== 'read') continue;
        if (!comesNow(fault)) continue;
        if (isAnswerFault(fault.fault)) {
          if (answer) continue;
          answer = fault;
        } else if (call.kind === 'create') twins.push(fault as Fault<'twin'>);
        else continue;
        hit(fault);
      }
      return { twins, answer };
    },

    stick: (cloud, call, backupId) =>
      armed.filter((fault): fault is Fault<ResourceFault> => {
        if (!isResourceFault(fault.fault) || !concerns(fault, cloud, call)) return false;
        if (fault.fault === 'corruptBackup') {
          const wanted = (fault.options as OptionsOf<'corruptBackup'>).backupId;
          if (wanted !== undefined && wanted !== backupId) return false;
        }
        if (!comesNow(fault)) return false;
        hit(fault);
        return true;
      }),
  };
}

/**
 * Whether every given part is in the whole: objects by the keys given, a list if each wanted element matches some element,
 * a single value also in a list that holds it. Single values are compared as text, case aside: a form holds 'True' where
 * JSON holds true.
 */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && part.every((wanted) => whole.some((item) => contains(item, wanted)))
    );
  if (Array.isArray(whole)) return whole.some((item) => contains(item, part));
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null) return false;
    return Object.entries(part).every(
      ([key, value]) =>
        Object.hasOwn(whole, key) && contains((whole as Record<string, unknown>)[key], value),
    );
  }
  return asText(whole) === asText(part);
}

/** JSON has no other single values; nothing, null and an object are no text. */
const asText = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).toLowerCase()
    : value;
