/**
 * Numbers of Linux's user-space interface, from include/uapi in the kernel tree. Those below are the same on every
 * architecture that koffi ships a binary for (x64, ia32, arm64, arm, riscv64, loong64: all use asm-generic).
 */

/** include/linux/socket.h */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** include/linux/net.h: the type's flags save two fcntl() calls per socket. */
export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** uapi/asm-generic/socket.h */
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;

/** uapi/linux/in.h; IP_BIND_ADDRESS_NO_PORT since Linux 4.2. */
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IP_RECVERR = 11;
export const IP_BIND_ADDRESS_NO_PORT = 24;

/** uapi/linux/in6.h */
export const IPPROTO_IPV6 = 41;
export const IPV6_RECVERR = 25;
export const IPV6_TCLASS = 67;

/** uapi/linux/tcp.h */
export const IPPROTO_TCP = 6;
export const TCP_MAXSEG = 2;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_SYNCNT = 7;
export const TCP_INFO = 11;

/** include/linux/socket.h: a send to a reset connection gives EPIPE instead of a signal. */
export const MSG_NOSIGNAL = 0x4000;
/** For recvmsg(): returns what IP_RECVERR has queued; never blocks. */
export const MSG_ERRQUEUE = 0x2000;

/** uapi/linux/eventpoll.h */
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
/** Bit 31, written so as to stay a small signed integer. */
export const EPOLLET = 1 << 31;

/** uapi/linux/sched.h */
export const CLONE_NEWNET = 0x4000_0000;

/** uapi/linux/time.h */
export const CLOCK_MONOTONIC = 1;

/** uapi/asm-generic/mman-common.h */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_PRIVATE = 0x02;
export const MAP_ANONYMOUS = 0x20;

/** uapi/linux/prctl.h; the slack is in nanoseconds and applies only to the calling thread. */
export const PR_SET_TIMERSLACK = 29;

/** uapi/linux/time.h */
export const CLOCK_REALTIME = 0;

/** include/linux/socket.h, uapi/linux/if_ether.h */
export const AF_PACKET = 17;
export const SOCK_RAW = 3;
export const ETH_P_ALL = 0x0003;
export const MSG_DONTWAIT = 0x40;
export const MAP_SHARED = 0x01;
export const POLLIN = 0x001;
export const POLLOUT = 0x004;

/** uapi/asm-generic/socket.h */
export const SO_RCVBUF = 8;
export const SO_SNDBUFFORCE = 32;
export const SO_SNDBUF = 7;
export const SO_ATTACH_FILTER = 26;
export const SO_TIMESTAMPNS = 35;

/** uapi/linux/if_packet.h */
export const SOL_PACKET = 263;
export const PACKET_RX_RING = 5;
export const PACKET_STATISTICS = 6;
export const PACKET_COPY_THRESH = 7;
export const PACKET_VERSION = 10;
export const PACKET_IGNORE_OUTGOING = 23;
export const TPACKET_V2 = 1;
export const TP_STATUS_KERNEL = 0;
export const TP_STATUS_USER = 1;
/** The packet did not fit into its frame; the whole of it can be received from the socket. */
export const TP_STATUS_COPY = 2;
/** Of a packet that this machine itself sends: its checksum is left to the device. */
export const TP_STATUS_CSUMNOTREADY = 8;
/** Its checksum was found correct before it came here. */
export const TP_STATUS_CSUM_VALID = 128;
