/*
 * stateless INTERFACE ADDRESS SECONDS
 *
 * Answers ARP and TCP for an IPv4 address on INTERFACE that the kernel does not own, without keeping anything of a connection:
 * the least that a far end can do, so that what opens connections is measured and not what takes them. Port 81 is
 * closed and answers SYN by RST; any other accepts, and answers data by one segment that holds an HTTP response and
 * FIN. It prints "ready"; it ends after SECONDS or on SIGTERM. Needs CAP_NET_RAW.
 */
#define _GNU_SOURCE /* recvmmsg */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 16384
#define FRAME_BYTES 512
#define BATCH 64
#define CLOSED_PORT 81

static const char RESPONSE[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nrush hour\n";
#define RESPONSE_BYTES (sizeof RESPONSE - 1)

/* Whose packets it answers. */
static struct in_addr own;
static uint8_t own_mac[ETH_ALEN];

struct frame {
  struct ether_header link;
  struct iphdr ip;
  struct tcphdr tcp;
  uint8_t rest[4 + sizeof RESPONSE];
} __attribute__((packed));

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* RFC 1071; `length` may be odd. */
static uint32_t add(uint32_t sum, const void *from, size_t length) {
  const uint8_t *at = from;
  for (; length > 1; length -= 2, at += 2) sum += (uint32_t)at[0] << 8 | at[1];
  return length == 1 ? sum + ((uint32_t)at[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

/* The same for ARP. */
static size_t answer_arp(const uint8_t *bytes, size_t length, uint8_t *out) {
  const struct ether_arp *asked = (const void *)(bytes + sizeof(struct ether_header));
  struct ether_header *link = (void *)out;
  struct ether_arp *told = (void *)(link + 1);
  if (length < sizeof *link + sizeof *asked || asked->ea_hdr.ar_op != htons(ARPOP_REQUEST)) return 0;
  if (memcmp(asked->arp_tpa, &own, sizeof own) != 0) return 0;
  memcpy(link->ether_dhost, asked->arp_sha, ETH_ALEN);
  memcpy(link->ether_shost, own_mac, ETH_ALEN);
  link->ether_type = htons(ETHERTYPE_ARP);
  *told = *asked;
  told->ea_hdr.ar_op = htons(ARPOP_REPLY);
  memcpy(told->arp_sha, own_mac, ETH_ALEN);
  memcpy(told->arp_spa, &own, sizeof own);
  memcpy(told->arp_tha, asked->arp_sha, ETH_ALEN);
  memcpy(told->arp_tpa, asked->arp_spa, sizeof own);
  return sizeof *link + sizeof *told;
}

/* Writes the answer to a frame, if it needs one. Returns its length, 0 without. */
static size_t answer(const uint8_t *bytes, size_t length, struct frame *out) {
  const struct ether_header *link = (const void *)bytes;
  if (length >= sizeof *link && link->ether_type == htons(ETHERTYPE_ARP))
    return answer_arp(bytes, length, (uint8_t *)out);
  const struct iphdr *ip = (const void *)(link + 1);
  const struct tcphdr *tcp = (const void *)(ip + 1);
  if (length < sizeof *link + sizeof *ip + sizeof *tcp || link->ether_type != htons(ETHERTYPE_IP)) return 0;
  if (ip->daddr != own.s_addr || ip->ihl != 5 || ip->protocol != IPPROTO_TCP || tcp->rst) return 0;
  uint32_t data = ntohs(ip->tot_len) - sizeof *ip - 4u * tcp->doff;
  if (!tcp->syn && !tcp->fin && data == 0) return 0;

  memset(out, 0, sizeof *out);
  memcpy(out->link.ether_dhost, link->ether_shost, ETH_ALEN);
  memcpy(out->link.ether_shost, link->ether_dhost, ETH_ALEN);
  out->link.ether_type = link->ether_type;
  out->tcp.source = tcp->dest;
  out->tcp.dest = tcp->source;
  out->tcp.ack = 1;
  out->tcp.ack_seq = htonl(ntohl(tcp->seq) + data + tcp->syn + tcp->fin);
  out->tcp.seq = tcp->ack_seq;
  out->tcp.doff = 5;
  out->tcp.window = htons(65535);
  size_t rest = 0;
  if (tcp->syn && tcp->dest == htons(CLOSED_PORT)) {
    out->tcp.seq = 0;
    out->tcp.rst = 1;
  } else if (tcp->syn) {
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
    out->tcp.syn = 1;
    out->tcp.seq = tcp->seq; /* as good as any, and nothing to remember */
    out->tcp.doff = 6;
    memcpy(out->rest, mss, rest = sizeof mss);
  } else if (data > 0) {
    out->tcp.psh = 1;
    out->tcp.fin = 1;
    memcpy(out->rest, RESPONSE, rest = RESPONSE_BYTES);
  }
  size_t segment = sizeof out->tcp + rest;
  out->ip.version = 4;
  out->ip.ihl = 5;
  out->ip.tot_len = htons((uint16_t)(sizeof out->ip + segment));
  out->ip.frag_off = htons(IP_DF);
  out->ip.ttl = 64;
  out->ip.protocol = IPPROTO_TCP;
  out->ip.saddr = ip->daddr;
  out->ip.daddr = ip->saddr;
  out->ip.check = fold(add(0, &out->ip, sizeof out->ip));
  out->tcp.check = fold(add(IPPROTO_TCP + (uint32_t)segment + add(0, &out->ip.saddr, 8), &out->tcp, segment));
  return sizeof out->link + sizeof out->ip + segment;
}

int main(int count, char **arguments) {
  if (count != 4 || inet_aton(arguments[2], &own) == 0) {
    fprintf(stderr, "usage: stateless INTERFACE ADDRESS SECONDS\n");
    return 2;
  }
  unsigned index = if_nametoindex(arguments[1]);
  if (index == 0) die(arguments[1]);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  int version = TPACKET_V2, on = 1, room = 4 << 20;
  struct tpacket_req ring = {.tp_block_size = 65536,
                             .tp_block_nr = FRAMES / (65536 / FRAME_BYTES),
                             .tp_frame_size = FRAME_BYTES,
                             .tp_frame_nr = FRAMES};
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) die("PACKET_VERSION");
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) < 0) die("PACKET_RX_RING");
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  struct ifreq named = {0};
  strncpy(named.ifr_name, arguments[1], IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &named) < 0) die("SIOCGIFHWADDR");
  memcpy(own_mac, named.ifr_hwaddr.sa_data, ETH_ALEN);
  uint8_t *memory = mmap(NULL, (size_t)FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  struct sockaddr_ll here = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index};
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");

  static struct frame frames[BATCH];
  static struct mmsghdr messages[BATCH];
  static struct iovec vectors[BATCH];
  for (int i = 0; i < BATCH; i++) {
    vectors[i].iov_base = &frames[i];
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  printf("ready\n");
  fflush(stdout);
  alarm((unsigned)atoi(arguments[3]));
  for (unsigned next = 0;;) {
    int waiting = 0, seen = 0;
    for (; waiting < BATCH && seen < FRAMES; seen++) {
      struct tpacket2_hdr *header = (void *)(memory + (size_t)next * FRAME_BYTES);
      if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) break;
      size_t length = answer((uint8_t *)header + header->tp_mac, header->tp_snaplen, &frames[waiting]);
      __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
      next = (next + 1) % FRAMES;
      if (length > 0) vectors[waiting++].iov_len = length;
    }
    for (int sent = 0; sent < waiting;) {
      int gone = sendmmsg(fd, messages + sent, (unsigned)(waiting - sent), 0);
      sent += gone > 0 ? gone : 1;
    }
    struct pollfd news = {.fd = fd, .events = POLLIN};
    if (seen == 0) poll(&news, 1, -1);
  }
}
