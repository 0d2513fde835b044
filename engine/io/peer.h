/* A peer: who is at the other end of a connection. */
#ifndef IO_PEER_H
#define IO_PEER_H

#include <stdbool.h>

struct sockaddr_storage;

struct peer {
    char text[48]; /* the address, for people */
    char net[56];  /* what limits count by: the /64 of an IPv6 address */
    bool loopback;
};

void peer_init(struct peer *peer, const struct sockaddr_storage *address);

#endif
