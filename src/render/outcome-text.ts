import type { Outcome } from '../outcome/outcome.ts';

/** What each outcome means, in few plain words. */
export const OUTCOME_TEXT: Readonly<Record<Outcome, string>> = {
  ok: 'as the scenario expected',

  'handshake-timeout': 'the SYN was never answered',
  'handshake-refused': 'an RST answered the SYN: nothing listens, or a policy refuses; see refused by',
  'handshake-reset': 'reset while the handshake was under way',
  'handshake-unreachable': 'an ICMP error answered the SYN; see refused by',
  'unexpected-handshake': 'connected where a refusal was expected: something answers for the far end',

  'response-timeout': 'connected, but the whole response did not come in time',
  'response-reset': 'reset before the response was complete',
  'response-unreachable': 'an ICMP error ended the connection',
  'response-empty': 'closed by the far end without a byte of response',
  'response-truncated': 'closed by the far end in the middle of the response',
  'response-garbage': 'what came back is not HTTP',
  'unexpected-status': 'an HTTP status other than the expected ones',
  'unexpected-content': 'the expected status, but not the body, length or header that was asked for',
  'never-closed': 'response complete, but the far end did not close in time',
  'held-cut': 'a connection that was being held open was cut; see cut by',

  'tunnel-refused': 'the proxy answered CONNECT, but did not open the tunnel',
  'tunnel-timeout': 'the proxy did not answer CONNECT in time',
  'tunnel-closed': 'the proxy closed instead of answering CONNECT',
  'tunnel-garbage': 'what the proxy answered to CONNECT is not HTTP',
  'tunnel-cut': 'the tunnel was open, and closed before the response was complete',

  'tls-untrusted': 'the certificate does not lead to a trusted authority',
  'tls-expired': 'the certificate has expired, or is not valid yet',
  'tls-wrong-name': 'the certificate is for another name',
  'tls-alert': 'the far end refused the TLS handshake with an alert',
  'tls-timeout': 'the TLS handshake did not end in time',
  'tls-closed': 'closed by the far end during the TLS handshake',
  'tls-failed': 'the TLS handshake failed, or what came back is not TLS',

  'auth-denied': 'credentials were sent and refused',
  'auth-failed': 'credentials were asked for, but not in the scheme that the arm has',
  'proxy-closed-after-407': 'the proxy asked for credentials and closed: another connection carried them',
  'origin-closed-after-401': 'the origin asked for credentials and closed: another connection carried them',

  'local-failure': 'this machine failed after the SYN had left',
  'local-no-credentials': 'credentials were requested, but none were ready on this machine',
  abandoned: 'abandoned because the run was stopped',

  'local-port-exhausted': 'no free source port on this machine',
  'local-port-in-use': 'the source port was taken on this machine',
  'local-fd-exhausted': 'no file descriptor left on this machine',
  'local-no-memory': 'no socket memory left on this machine',
  'local-no-route': 'this machine has no route to the far end',
  'local-no-address': 'this machine does not have the source address',
  'local-wrong-family': 'this machine has no address of that family (IPv4, IPv6)',
  'local-denied': 'a rule on this machine forbids the connection',
  'local-start-failure': 'this machine could not start the connection',
  'unsent-late': 'due, but this machine was too late to start it',
  'unsent-open-limit': 'due, but too many connections were already open',
  'unsent-no-port': 'due, but no source port of the arm was free or old enough',
  'unsent-no-credentials': 'due, but no credentials were ready on this machine',
};
