import { UsageError } from '../errors.ts';

/** A sink as the command line names it. It holds no secret. */
export type SinkSpec = InfluxSpec | Influx2Spec | PushgatewaySpec | PrometheusSpec;

interface Address {
  /** A name, or an address; IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** InfluxDB's v1 API; VictoriaMetrics has it too. */
export interface InfluxSpec extends Address {
  readonly kind: 'influxdb';
  readonly database: string;
  /** Absent: the database's default. */
  readonly retentionPolicy?: string;
}

export interface Influx2Spec extends Address {
  readonly kind: 'influxdb2';
  readonly org: string;
  readonly bucket: string;
}

export interface PushgatewaySpec extends Address {
  readonly kind: 'pushgateway';
  readonly job: string;
}

/** Where Prometheus finds the metrics of the run under way. */
export interface PrometheusSpec {
  readonly kind: 'prometheus';
  readonly host: string;
  readonly port: number;
}

const FORMS = `influxdb://HOST:8086/DATABASE, influxdb2://HOST:8086/ORG/BUCKET, pushgateway://HOST:9091/JOB or
prometheus://127.0.0.1:9464; with TLS influxdbs://, influxdb2s:// and pushgateways://`.replace('\n', ' ');

/** Ports where the address names none. 9464 is what OpenTelemetry's exporters have for Prometheus. */
const DEFAULT_PORTS = { influxdb: 8_086, influxdb2: 8_086, pushgateway: 9_091, prometheus: 9_464 } as const;

/**
 * @param flag what named it, for errors
 * @throws UsageError, without credentials that were in the text
 */
export function parseSink(text: string, flag = '--sink'): SinkSpec {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [, kind, secure] = /^(influxdb2?|pushgateway|prometheus)(s?):$/.exec(url?.protocol ?? '') ?? [];
  if (url === undefined || kind === undefined || (kind === 'prometheus' && secure === 's')) {
    throw new UsageError(`${flag}: this is no sink`, { hint: `write ${FORMS}` });
  }
  const shown = `${flag} ${url.protocol}//${url.host}`;
  refuseCredentials(url, shown);
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decode(part, shown));
  const address = {
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORTS[kind as keyof typeof DEFAULT_PORTS] : Number(url.port),
    tls: secure === 's',
  };
  const wrong = (hint: string): UsageError =>
    new UsageError(`${shown}: not all of it is understood`, { hint });
  if (address.host === '' && kind !== 'prometheus') throw wrong(`name a host: ${FORMS}`);
  if (url.hash !== '') throw wrong('leave out what follows the #');
  const asked = [...url.searchParams.keys()].filter((key) => kind !== 'influxdb' || key !== 'rp');
  if (asked.length > 0) throw wrong('leave out what follows the ?; influxdb:// takes ?rp=POLICY');
  const [first, second] = parts;
  switch (kind) {
    case 'influxdb': {
      if (first === undefined || parts.length > 1)
        throw wrong('name the database: influxdb://HOST:8086/DATABASE');
      const policy = url.searchParams.get('rp');
      const rest = policy === null || policy === '' ? {} : { retentionPolicy: policy };
      return { kind, ...address, database: first, ...rest };
    }
    case 'influxdb2':
      if (first === undefined || second === undefined || parts.length > 2)
        throw wrong('name organisation and bucket: influxdb2://HOST:8086/ORG/BUCKET');
      return { kind, ...address, org: first, bucket: second };
    case 'pushgateway':
      if (parts.length > 1) throw wrong('name a job at most: pushgateway://HOST:9091/JOB');
      return { kind, ...address, job: first ?? 'rushhour' };
    default:
      if (parts.length > 1 || (first !== undefined && first !== 'metrics'))
        throw wrong('metrics are at /metrics: prometheus://127.0.0.1:9464');
      return {
        kind: 'prometheus',
        host: address.host === '' ? '127.0.0.1' : address.host,
        port: address.port,
      };
  }
}

/** As shown to users. */
export function nameSink(spec: SinkSpec): string {
  const at = baseUrl(spec);
  switch (spec.kind) {
    case 'influxdb':
      return `InfluxDB at ${at} (database ${spec.database})`;
    case 'influxdb2':
      return `InfluxDB at ${at} (bucket ${spec.bucket})`;
    case 'pushgateway':
      return `Pushgateway at ${at} (job ${spec.job})`;
    case 'prometheus':
      return `Prometheus endpoint ${at}/metrics`;
  }
}

/** `http://host:port`. */
export function baseUrl(spec: SinkSpec): string {
  const scheme = spec.kind !== 'prometheus' && spec.tls ? 'https' : 'http';
  return `${scheme}://${spec.host}:${spec.port}`;
}

function refuseCredentials(url: URL, shown: string): void {
  const hasUser = url.username !== '' || url.password !== '';
  const hasQuery = ['u', 'p', 'token'].some((key) => url.searchParams.has(key));
  if (!hasUser && !hasQuery) return;
  throw new UsageError(`${shown}: credentials do not belong into an address, which is shown and kept`, {
    hint: 'write --sink-user env:NAME or @file (influxdb://), or --sink-token env:NAME or @file (influxdb2://)',
  });
}

function decode(part: string, shown: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new UsageError(`${shown}: its path is not percent-encoded as it should be`, {
      hint: 'write %25 for a percent sign',
      cause,
    });
  }
}
