/** Regions of CloneDBInstance (SEED, common parameter Region). */
export const regions: Readonly<Record<string, { id: number; name: string }>> = {
  'ap-bangkok': { id: 23, name: 'Bangkok' },
  'ap-beijing': { id: 8, name: 'North China (Beijing)' },
  'ap-chengdu': { id: 16, name: 'Southwest China (Chengdu)' },
  'ap-chongqing': { id: 19, name: 'Southwest China (Chongqing)' },
  'ap-guangzhou': { id: 1, name: 'South China (Guangzhou)' },
  'ap-hongkong': { id: 5, name: 'Hong Kong, Macao and Taiwan (Hong Kong)' },
  'ap-jakarta': { id: 72, name: 'Jakarta' },
  'ap-nanjing': { id: 33, name: 'East China (Nanjing)' },
  'ap-seoul': { id: 18, name: 'Seoul' },
  'ap-shanghai': { id: 4, name: 'East China (Shanghai)' },
  'ap-shanghai-fsi': { id: 7, name: 'Shanghai Finance' },
  'ap-shenzhen-fsi': { id: 11, name: 'Shenzhen Finance' },
  'ap-singapore': { id: 9, name: 'Singapore' },
  'ap-tokyo': { id: 25, name: 'Tokyo' },
  'eu-frankfurt': { id: 17, name: 'Frankfurt' },
  'na-ashburn': { id: 22, name: 'Virginia' },
  'na-siliconvalley': { id: 15, name: 'Silicon Valley' },
  'sa-saopaulo': { id: 74, name: 'Sao Paulo' },
};

export interface Zone {
  readonly zone: string;
  readonly id: number;
  readonly state: 'AVAILABLE' | 'UNAVAILABLE' | 'SELLOUT' | 'SUPPORTMODIFYONLY';
  /** Where a standby may stand when the primary is in this zone, itself included. */
  readonly standbys: readonly string[];
}

/** Zones of ap-guangzhou; states and pairs are invented, the field's values are DescribeZones' own (2026-08). */
const guangzhouZones: readonly Zone[] = [
  { zone: 'ap-guangzhou-2', id: 100002, state: 'UNAVAILABLE', standbys: [] },
  {
    zone: 'ap-guangzhou-3',
    id: 100003,
    state: 'AVAILABLE',
    standbys: ['ap-guangzhou-3', 'ap-guangzhou-4', 'ap-guangzhou-6'],
  },
  {
    zone: 'ap-guangzhou-4',
    id: 100004,
    state: 'AVAILABLE',
    standbys: ['ap-guangzhou-3', 'ap-guangzhou-4', 'ap-guangzhou-6'],
  },
  { zone: 'ap-guangzhou-6', id: 100006, state: 'AVAILABLE', standbys: ['ap-guangzhou-6'] },
  { zone: 'ap-guangzhou-7', id: 100007, state: 'SELLOUT', standbys: ['ap-guangzhou-7'] },
];

/** The zones of a region; every region but Guangzhou has two equal ones. */
export function zonesOf(region: string): readonly Zone[] {
  if (region === 'ap-guangzhou') return guangzhouZones;
  const names = [`${region}-1`, `${region}-2`];
  const regionId = Object.hasOwn(regions, region) ? (regions[region]?.id ?? 0) : 0;
  return names.map((zone, index) => ({
    ...{ zone, standbys: names, state: 'AVAILABLE' },
    id: regionId * 10_000 + index + 1,
  }));
}

export interface InstanceClass {
  readonly code: string;
  readonly cpu: number;
  readonly memoryGb: number;
  readonly minStorageGb: number;
  readonly maxStorageGb: number;
  readonly qps: number;
}

const sold = (
  code: string,
  [cpu, memoryGb]: readonly [number, number],
  [minStorageGb, maxStorageGb]: readonly [number, number],
): InstanceClass => ({ code, cpu, memoryGb, minStorageGb, maxStorageGb, qps: cpu * 2300 });

/** Classes on sale. The codes' spelling is the product's (SEED and TF samples); sizes are plausible, not a price list. */
export const classes: readonly InstanceClass[] = [
  sold('cdb.pg.z1.2g', [1, 2], [10, 300]),
  sold('pg.it.small2', [1, 2], [10, 300]),
  sold('pg.it.medium4', [2, 4], [10, 1000]),
  sold('pg.it.medium8', [2, 8], [10, 1000]),
  sold('pg.it.large8', [4, 8], [50, 2000]),
  sold('pg.it.large16', [4, 16], [50, 3000]),
  sold('pg.it.2xlarge32', [8, 32], [100, 3000]),
  sold('pg.it.4xlarge64', [16, 64], [100, 6000]),
];

export const majorVersions = ['10', '11', '12', '13', '14', '15', '16', '17'];

/** Zones that sell only new classes: the old code of the SEED's sample is sold elsewhere. */
const withoutOldClasses = new Set(['ap-guangzhou-6']);

export function classOf(code: string): InstanceClass | undefined {
  return classes.find((candidate) => candidate.code === code);
}

/** What is on sale in a zone for a major version: nothing where the zone itself sells nothing. */
export function classesSoldIn(region: string, zone: string, major: string): InstanceClass[] {
  const known = zonesOf(region).find((candidate) => candidate.zone === zone);
  if (known?.state !== 'AVAILABLE' || !majorVersions.includes(major)) return [];
  return classes.filter(({ code }) => !(code.startsWith('cdb.') && withoutOldClasses.has(zone)));
}
