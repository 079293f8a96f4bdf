import type { BrowserProfile } from './profile.ts';

/** Chromium 156: measured (docs/browsers.md), and read in its source where a file is named. */
export const CHROMIUM: BrowserProfile = {
  // net/socket/client_socket_pool.h, GroupId: by destination, proxied or not; the limit is the scenario's, 6 by default.
  sharesProxy: false,
  mostToHost: 32,
  // net/socket/client_socket_pool_manager.cc, g_socket_soft_cap_per_pool. Of a proxy's limit of 32, nothing was seen.
  mostInAll: 256,
  // services/network/resource_scheduler, kDefaultMaxNumDelayableRequestsPerClient; measured: ten connections begin, and the
  // others all at once, 32 to 90 ms later where answers come, as well as where none ever does. It is the machine's matter: the least
  // that was seen on two busy cores is nearest to a computer of one's own.
  mostBeforeLayout: 10,
  layoutAfterUs: 32_000,
  // Its own log (--log-net-log): a navigation opens one connection ahead, asks for the document 12 to 27 ms later (the median of 17 is
  // 21), and at once sees to it that there are two.
  opensAheadUs: 20_000,
  forDocument: 2,
  // net/socket/client_socket_pool.h, kMaxConnectRetryIntervalMs; measured: only beside the first connections to a host.
  backupAfterUs: 250_000,
  backsUpFirstOnly: true,
  // net/http/http_proxy_connect_job.cc, the least of its adaptive timeout; measured: an error after 8.0 s.
  proxyTimeoutUs: 8_000_000,
  // net/proxy_resolution/proxy_list.cc, Fallback: five minutes, where the script says nothing else; measured: 313 s.
  proxyRetryUs: 300_000_000,
  // components/error_page/content/browser/net_error_auto_reloader.cc, GetNextReloadDelay; measured: the first two.
  reloadsAfterUs: [1_000_000, 5_000_000, 30_000_000, 60_000_000, 300_000_000, 600_000_000, 1_800_000_000],
  // net/socket/client_socket_pool.cc, g_unused_idle_socket_timeout_s, and CleanupIdleSockets, called by requests only.
  unusedIdleUs: 60_000_000,
  closesWhenAsked: true,
  // net/http/http_network_transaction.cc: HTTP_REQUEST_TIMEOUT on a reused connection; measured as well.
  resendsAfter408: true,
};
