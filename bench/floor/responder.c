/*
 * responder INTERFACE PORT
 *
 * A far end that very many connections fit into: it takes TCP packets for PORT off INTERFACE, answers SYNs, and keeps a bit of
 * each connection (by the last 12 bits of the address and the port), set by the acknowledgement that completes a handshake and
 * cleared by FIN or RST. Keep-alives are answered for connections that it has, so that an answer proves one to live. The
 * kernel must not answer the same packets. On SIGTERM it prints how many there were at once, and how many are left.
 */
#define _GNU_SOURCE /* recvmmsg */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, FRAME = 128, IP = 14, TCP = 34, FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static uint8_t *bits;
static volatile sig_atomic_t ended;

static void end(int number) {
  (void)number;
  ended = 1;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint32_t word(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

static void put(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static uint32_t sum16(const uint8_t *at, int length) {
  uint32_t sum = 0;
  for (int index = 0; index < length; index += 2) sum += (uint32_t)(at[index] << 8 | at[index + 1]);
  return sum;
}

/* Turns a packet into the answer to it. Returns its length. */
static int answer(uint8_t *frame, int flags, uint32_t seq, uint32_t ack) {
  uint8_t other[6], address[4], port[2];
  int header = (flags & SYN) != 0 ? 24 : 20;
  memcpy(other, frame, 6);
  memcpy(frame, frame + 6, 6);
  memcpy(frame + 6, other, 6);
  memcpy(address, frame + IP + 12, 4);
  memcpy(frame + IP + 12, frame + IP + 16, 4);
  memcpy(frame + IP + 16, address, 4);
  memcpy(port, frame + TCP, 2);
  memcpy(frame + TCP, frame + TCP + 2, 2);
  memcpy(frame + TCP + 2, port, 2);
  frame[IP] = 0x45;
  frame[IP + 2] = 0;
  frame[IP + 3] = (uint8_t)(20 + header);
  frame[IP + 8] = 64;
  memset(frame + IP + 10, 0, 2);
  uint16_t sum = fold(sum16(frame + IP, 20));
  memcpy(frame + IP + 10, &sum, 2);
  put(frame + TCP + 4, seq);
  put(frame + TCP + 8, ack);
  put(frame + TCP + 12, (uint32_t)header << 26 | (uint32_t)flags << 16 | 0xffff);
  put(frame + TCP + 16, 0);
  if ((flags & SYN) != 0) put(frame + TCP + 20, 0x020405b4); /* MSS 1,460 */
  sum = fold(sum16(frame + TCP, header) + sum16(frame + IP + 12, 8) + 6 + (uint32_t)header);
  memcpy(frame + TCP + 16, &sum, 2);
  return TCP + header;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  uint16_t port = (uint16_t)atoi(arguments[2]);
  long held = 0, most = 0, syns = 0, proofs = 0;
  bits = calloc(1, 1u << 25);
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); /* comes before the ingress hook */
  if (fd < 0 || bits == NULL) die("socket");
  int room = 128 << 20, one = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  struct sockaddr_ll here = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = (int)if_nametoindex(arguments[1])};
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  static uint8_t frames[BATCH][FRAME];
  struct iovec in[BATCH], out[BATCH];
  struct mmsghdr received[BATCH], sent[BATCH];
  memset(received, 0, sizeof received);
  memset(sent, 0, sizeof sent);
  printf("{\"ready\":true}\n");
  fflush(stdout);
  while (!ended) {
    for (int index = 0; index < BATCH; index++) {
      in[index] = (struct iovec){frames[index], FRAME};
      received[index].msg_hdr = (struct msghdr){.msg_iov = &in[index], .msg_iovlen = 1};
    }
    int got = recvmmsg(fd, received, BATCH, MSG_WAITFORONE, NULL);
    int answers = 0;
    for (int index = 0; index < got; index++) {
      uint8_t *frame = frames[index];
      if (received[index].msg_len < TCP + 20 || frame[IP] != 0x45 || frame[IP + 9] != 6) continue;
      if ((frame[TCP + 2] << 8 | frame[TCP + 3]) != port) continue;
      uint32_t address = word(frame + IP + 12), from = (uint32_t)(frame[TCP] << 8 | frame[TCP + 1]);
      uint32_t key = (address & 0xfff) << 16 | from, first = key * 2654435761u;
      uint32_t seq = word(frame + TCP + 4), ack = word(frame + TCP + 8);
      uint8_t *byte = bits + (key >> 3), bit = (uint8_t)(1 << (key & 7)), flags = frame[TCP + 13];
      int length = 0;
      if ((flags & (RST | FIN)) != 0) {
        held -= (*byte & bit) != 0;
        *byte &= (uint8_t)~bit;
        if ((flags & RST) == 0) length = answer(frame, FIN | ACK, ack, seq + 1);
      } else if ((flags & SYN) != 0) {
        syns++;
        length = answer(frame, SYN | ACK, first, seq + 1);
      } else if (ack == first + 1 && (*byte & bit) == 0) {
        *byte |= bit;
        if (++held > most) most = held;
      } else if (ack == first + 1) {
        proofs++;
        length = answer(frame, ACK, ack, seq + 1);
      }
      if (length == 0) continue;
      out[answers] = (struct iovec){frame, (size_t)length};
      sent[answers].msg_hdr = (struct msghdr){.msg_iov = &out[answers], .msg_iovlen = 1};
      answers++;
    }
    for (int done = 0; done < answers && !ended;) {
      int now = sendmmsg(fd, sent + done, (unsigned)(answers - done), 0);
      if (now > 0) done += now;
    }
  }
  struct tpacket_stats lost = {0};
  socklen_t size = sizeof lost;
  getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &size);
  printf("{\"syns\":%ld,\"peak\":%ld,\"left\":%ld,\"proofs\":%ld,\"lost\":%u}\n", syns, most, held, proofs, lost.tp_drops);
  return 0;
}
