import type { BrowserProfile } from './profile.ts';

/**
 * Firefox, as its default preferences say (modules/libpref/init/all.js and StaticPrefList.yaml). What they do not say, it
 * does not do here: no connection that nothing needs, and nothing again after a 408.
 */
export const FIREFOX: BrowserProfile = {
  // netwerk/protocol/http/nsHttpConnectionInfo.cpp, BuildHashKey: by proxy, unless it is asked for a tunnel. The limit of
  // network.http.max-persistent-connections-per-proxy, 32, is the scenario's default.
  sharesProxy: true,
  // network.http.max-persistent-connections-per-server
  mostToHost: 6,
  // network.http.max-connections
  mostInAll: 900,
  // Not known: it asks for all at once.
  mostBeforeLayout: Number.POSITIVE_INFINITY,
  layoutAfterUs: 0,
  opensAheadUs: 0,
  forDocument: 1,
  // network.http.connection-retry-timeout: "to wait before trying a different connection" after a SYN
  backupAfterUs: 250_000,
  backsUpFirstOnly: false,
  // network.http.connection-timeout
  proxyTimeoutUs: 90_000_000,
  // network.proxy.failover_timeout, 1,800 s
  proxyRetryUs: 1_800_000_000,
  // Its error pages wait for their reader.
  reloadsAfterUs: [],
  // network.http.keep-alive.timeout
  unusedIdleUs: 115_000_000,
  closesWhenAsked: false,
  resendsAfter408: false,
};
