/** How to start a real proxy in the foreground that forwards to whatever it is asked for. */
export interface ForwardProxy {
  /** As in the table of docs/proxies.md. */
  readonly name: string;
  readonly command: string;
  readonly port: number;
  /** Whether it opens tunnels itself. Default: yes. */
  readonly isTunnelling?: boolean;
  /** Its configuration, by path under `dir`. */
  files(dir: string): Readonly<Record<string, string>>;
  args(dir: string): readonly string[];
  env?(dir: string): Readonly<Record<string, string>>;
}

const squid: ForwardProxy = {
  name: 'Squid',
  command: 'squid',
  port: 3128,
  files: (dir) => ({
    'squid.conf': `
http_port 127.0.0.1:3128
pid_filename ${dir}/squid.pid
cache deny all
cache_log ${dir}/cache.log
access_log none
http_access allow all
connect_timeout 1 second
shutdown_lifetime 0 seconds
coredump_dir ${dir}
max_filedescriptors 4096
visible_hostname rushhour-test
`,
  }),
  args: (dir) => ['-N', '-f', `${dir}/squid.conf`],
};

/**
 * It finds addresses of arbitrary names only by `do-resolve`; what to do where there is none is the manual's example
 * (configuration.txt, "http-request do-resolve"). CONNECT goes to the origin as any other request.
 */
const haproxy: ForwardProxy = {
  name: 'HAProxy',
  command: 'haproxy',
  port: 3129,
  isTunnelling: false,
  files: () => ({
    'haproxy.cfg': `
resolvers site
  nameserver local 127.0.0.1:53
  resolve_retries 1
  timeout resolve 1s
  timeout retry 1s
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend in
  bind 127.0.0.1:3129
  http-request do-resolve(txn.address,site,ipv4) hdr(host),host_only
  http-request set-dst var(txn.address)
  http-request set-dst-port int(80)
  use_backend unresolved unless { var(txn.address) -m found }
  default_backend origins
backend unresolved
backend origins
  http-request replace-uri ^http://[^/]*(.*) \\1
  server any 0.0.0.0:0
`,
  }),
  args: (dir) => ['-db', '-f', `${dir}/haproxy.cfg`],
};

const MODULES = '/usr/lib/apache2/modules';

const apache: ForwardProxy = {
  name: 'Apache',
  command: 'apache2',
  port: 3130,
  files: (dir) => ({
    'apache.conf': `
ServerRoot ${dir}
ServerName rushhour-test
PidFile ${dir}/apache.pid
DefaultRuntimeDir ${dir}
ErrorLog ${dir}/error.log
Listen 127.0.0.1:3130
${['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_connect']
  .map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
  .join('\n')}
StartServers 1
ProxyRequests On
ProxyVia On
ProxyTimeout 1
AllowCONNECT 80
<Proxy "*">
  Require all granted
</Proxy>
`,
  }),
  args: (dir) => ['-DFOREGROUND', '-f', `${dir}/apache.conf`],
};

const trafficServer: ForwardProxy = {
  name: 'Traffic Server',
  command: 'traffic_server',
  port: 3131,
  files: (dir) => ({
    'runroot.yaml': `
prefix: /usr
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/bin
sysconfdir: ${dir}/etc
datadir: ${dir}
includedir: /usr/include
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
localstatedir: ${dir}
runtimedir: ${dir}
logdir: ${dir}
cachedir: ${dir}
`,
    'etc/records.config': `
CONFIG proxy.config.http.server_ports STRING 3131:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING trafficserver
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.url_remap.remap_required INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 0
CONFIG proxy.config.http.connect_ports STRING 80
CONFIG proxy.config.http.connect_attempts_timeout INT 1
CONFIG proxy.config.http.connect_attempts_max_retries INT 0
CONFIG proxy.config.http.insert_response_via_str INT 1
CONFIG proxy.config.proxy_name STRING rushhour-test
CONFIG proxy.config.dns.resolv_conf STRING /etc/resolv.conf
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.body_factory.template_sets_dir STRING /etc/trafficserver/body_factory
`,
    'etc/ip_allow.yaml':
      'ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.1\n    action: allow\n    methods: ALL\n',
    'etc/storage.config': `${dir} 32M\n`,
    ...Object.fromEntries(
      ['remap', 'plugin', 'ssl_multicert', 'parent', 'cache', 'hosting', 'volume', 'splitdns', 'socks'].map(
        (name) => [`etc/${name}.config`, ''],
      ),
    ),
  }),
  args: () => [],
  env: (dir) => ({ TS_RUNROOT: `${dir}/runroot.yaml` }),
};

const privoxy: ForwardProxy = {
  name: 'Privoxy',
  command: 'privoxy',
  port: 3132,
  files: (dir) => ({
    'privoxy.conf': `
confdir /etc/privoxy
logdir ${dir}
listen-address 127.0.0.1:3132
keep-alive-timeout 5
socket-timeout 10
`,
  }),
  args: (dir) => ['--no-daemon', `${dir}/privoxy.conf`],
};

const tinyproxy: ForwardProxy = {
  name: 'tinyproxy',
  command: 'tinyproxy',
  port: 3133,
  files: () => ({
    'tinyproxy.conf': 'Port 3133\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 50\nTimeout 1\n',
  }),
  args: (dir) => ['-d', '-c', `${dir}/tinyproxy.conf`],
};

const mitmproxy: ForwardProxy = {
  name: 'mitmproxy',
  command: 'mitmdump',
  port: 3134,
  files: () => ({}),
  args: (dir) => ['-q', '--set', `confdir=${dir}`, '--listen-host', '127.0.0.1', '-p', '3134'],
};

/** In the order of the table. */
export const FORWARD_PROXIES = [
  squid,
  haproxy,
  apache,
  trafficServer,
  privoxy,
  tinyproxy,
  mitmproxy,
] as const;
