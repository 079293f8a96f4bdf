import { type Address, baseUrl, type SinkKind } from '../kind.ts';

/** InfluxDB's v1 API; VictoriaMetrics has it too. */
interface InfluxSpec extends Address {
  readonly kind: 'influxdb';
  readonly database: string;
  /** Absent: the database's default. */
  readonly retentionPolicy?: string;
}

export const influxdb: SinkKind<InfluxSpec> = {
  form: 'influxdb://HOST:8086/DATABASE',
  defaultPort: 8_086,
  takesTls: true,
  query: { key: 'rp', form: 'influxdb:// takes ?rp=POLICY' },
  secret: 'user',
  parse(address, { path: [database, ...rest], query, wrong }) {
    if (database === undefined || rest.length > 0)
      throw wrong('name the database: influxdb://HOST:8086/DATABASE');
    const policy = query.get('rp') ?? '';
    return { kind: 'influxdb', ...address, database, ...(policy !== '' && { retentionPolicy: policy }) };
  },
  name: (spec) => `InfluxDB at ${baseUrl(spec)} (database ${spec.database})`,
  async open(spec, opening) {
    const { openInfluxSink } = await import('../influxdb.ts');
    const { user } = opening.secrets;
    const policy = spec.retentionPolicy === undefined ? {} : { rp: spec.retentionPolicy };
    const target = {
      ...{ kind: spec.kind, host: spec.host, name: influxdb.name(spec), origin: baseUrl(spec) },
      // docs.influxdata.com/influxdb/v1.8/tools/api, /write
      path: `/write?${new URLSearchParams({ db: spec.database, precision: 'ms', ...policy })}`,
      ...(user !== undefined && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
      cures: {
        401: 'pass user and password with --sink-user',
        403: `influx -execute 'GRANT WRITE ON "${spec.database}" TO "USER"'`,
        404: `create what is missing: influx -execute 'CREATE DATABASE "${spec.database}"'`,
      },
    };
    return openInfluxSink(target, opening);
  },
};
