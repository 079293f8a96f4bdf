import { baseUrl, type SinkKind } from '../kind.ts';
import type { PushgatewaySpec } from '../pushgateway.ts';

export const pushgateway: SinkKind<PushgatewaySpec> = {
  form: 'pushgateway://HOST:9091/JOB',
  defaultPort: 9_091,
  takesTls: true,
  parse(address, { path: [job = 'rushhour', ...rest], wrong }) {
    if (rest.length > 0) throw wrong('name a job at most: pushgateway://HOST:9091/JOB');
    return { kind: 'pushgateway', ...address, job };
  },
  name: (spec) => `Pushgateway at ${baseUrl(spec)} (job ${spec.job})`,
  async open(spec, { listener, pace }) {
    const { openPushgatewaySink } = await import('../pushgateway.ts');
    return openPushgatewaySink(spec, pushgateway.name(spec), listener, pace);
  },
};
