import { baseUrl, type SinkKind } from '../kind.ts';
import type { PrometheusSpec } from '../prometheus.ts';

export const prometheus: SinkKind<PrometheusSpec> = {
  form: 'prometheus://127.0.0.1:9464',
  // What OpenTelemetry's exporters have for Prometheus.
  defaultPort: 9_464,
  defaultHost: '127.0.0.1',
  takesTls: false,
  parse({ host, port }, { path: [page = 'metrics', ...rest], wrong }) {
    if (page !== 'metrics' || rest.length > 0)
      throw wrong('metrics are at /metrics: prometheus://127.0.0.1:9464');
    return { kind: 'prometheus', host, port };
  },
  name: (spec) => `Prometheus endpoint ${baseUrl(spec)}/metrics`,
  async open(spec, { listener, pace }) {
    const { openPrometheusSink } = await import('../prometheus.ts');
    return openPrometheusSink(spec, prometheus.name(spec), listener, pace);
  },
};
