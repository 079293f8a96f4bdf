import { type Address, baseUrl, type SinkKind } from '../kind.ts';

/** InfluxDB's v2 API. */
interface Influx2Spec extends Address {
  readonly kind: 'influxdb2';
  readonly org: string;
  readonly bucket: string;
}

export const influxdb2: SinkKind<Influx2Spec> = {
  form: 'influxdb2://HOST:8086/ORG/BUCKET',
  defaultPort: 8_086,
  takesTls: true,
  secret: 'token',
  parse(address, { path: [org, bucket, ...rest], wrong }) {
    if (org === undefined || bucket === undefined || rest.length > 0)
      throw wrong('name organisation and bucket: influxdb2://HOST:8086/ORG/BUCKET');
    return { kind: 'influxdb2', ...address, org, bucket };
  },
  name: (spec) => `InfluxDB at ${baseUrl(spec)} (bucket ${spec.bucket})`,
  async open(spec, opening) {
    const { openInfluxSink } = await import('../influxdb.ts');
    const { org, bucket } = spec;
    const { token } = opening.secrets;
    const target = {
      ...{ kind: spec.kind, host: spec.host, name: influxdb2.name(spec), origin: baseUrl(spec) },
      // docs.influxdata.com/influxdb/v2/api, /api/v2/write
      path: `/api/v2/write?${new URLSearchParams({ org, bucket, precision: 'ms' })}`,
      ...(token !== undefined && { authorization: `Token ${token}` }),
      cures: {
        401: 'pass a valid token with --sink-token',
        403: `grant the token write access to bucket ${bucket}`,
        404: `check the organisation and the bucket: influx bucket create --org ${org} --name ${bucket}`,
      },
    };
    return openInfluxSink(target, opening);
  },
};
