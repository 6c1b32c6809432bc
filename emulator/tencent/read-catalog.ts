import { refusal } from '../cloud.ts';
import { action } from './action.ts';
import { classesSoldIn, regions, zonesOf } from './catalog.ts';
import { fields, text } from './parameters.ts';
import { invalidValue } from './refusals.ts';

const storageTypes = ['PHYSICAL_LOCAL_SSD', 'CLOUD_PREMIUM', 'CLOUD_SSD', 'CLOUD_HSSD'];

function checkStorageType(type: string | undefined): void {
  if (type !== undefined && !storageTypes.includes(type))
    throw invalidValue(`\`StorageType\` supports ${storageTypes.join(', ')}, not ${type}.`);
}

/** DOC 409/16769. Rate limit not published; ASSUMPTION 20. */
export const describeZones = action({
  perSecond: 20,
  parameters: fields({ StorageType: text.optional() }),
  emptyAnswer: { TotalCount: 0, ZoneSet: [] },
  perform: (_context, call, { StorageType }) => {
    checkStorageType(StorageType);
    const zones = zonesOf(call.region).map(({ zone, id, state, standbys }) => ({
      ...{ Zone: zone, ZoneName: zone, ZoneId: id, ZoneState: state, ZoneSupportIpv6: 0 },
      StandbyZoneSet: standbys.length > 0 ? standbys : null,
    }));
    return { answer: { TotalCount: zones.length, ZoneSet: zones } };
  },
});

/** Its page needs no Region. Rate limit not published; ASSUMPTION 20. */
export const describeRegions = action({
  perSecond: 20,
  needsRegion: false,
  parameters: fields({}),
  emptyAnswer: { TotalCount: 0, RegionSet: [] },
  perform: () => {
    const rows = Object.entries(regions).map(([region, { id, name }]) => ({
      ...{ Region: region, RegionName: name, RegionId: id, RegionState: 'AVAILABLE' },
      SupportInternational: 1,
    }));
    return { answer: { TotalCount: rows.length, RegionSet: rows } };
  },
});

/** DOC 409/89019. ASSUMPTION: a zone of another region is IllegalZone, one that sells nothing has no classes. */
export const describeClasses = action({
  perSecond: 1000,
  parameters: fields({
    Zone: text,
    DBEngine: text,
    DBMajorVersion: text,
    StorageType: text.optional(),
  }),
  emptyAnswer: { ClassInfoSet: [] },
  perform: (_context, call, { Zone, DBEngine, DBMajorVersion, StorageType }) => {
    checkStorageType(StorageType);
    if (!zonesOf(call.region).some(({ zone }) => zone === Zone))
      throw refusal('InvalidParameterValue.IllegalZone', `${Zone} is not in ${call.region}.`);
    if (DBEngine !== 'postgresql' && DBEngine !== 'mssql_compatible')
      throw invalidValue(`\`DBEngine\` supports postgresql and mssql_compatible, not ${DBEngine}.`);
    const sold = DBEngine === 'postgresql' ? classesSoldIn(call.region, Zone, DBMajorVersion) : [];
    const rows = sold.map(({ code, cpu, memoryGb, minStorageGb, maxStorageGb, qps }) => ({
      ...{ SpecCode: code, CPU: cpu, Memory: memoryGb * 1024 }, // MB here, GB in DBInstance
      ...{ MinStorage: minStorageGb, MaxStorage: maxStorageGb, QPS: qps },
    }));
    return { answer: { ClassInfoSet: rows } };
  },
});
