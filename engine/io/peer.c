/* A peer is named by its address, and counted by the network that one customer
 * has: a whole /64 of IPv6 addresses costs as much as one of IPv4. */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void init_v4(struct peer *peer, const struct in_addr *address)
{
    inet_ntop(AF_INET, address, peer->text, sizeof peer->text);
    peer->loopback = ntohl(address->s_addr) >> 24 == 127;
    snprintf(peer->net, sizeof peer->net, "%s",
             peer->loopback ? "loopback" : peer->text);
}

static void init_v6(struct peer *peer, const struct in6_addr *address)
{
    inet_ntop(AF_INET6, address, peer->text, sizeof peer->text);
    peer->loopback = IN6_IS_ADDR_LOOPBACK(address);
    struct in6_addr net = *address;
    memset(net.s6_addr + 8, 0, 8);
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &net, text, sizeof text);
    if (peer->loopback)
        snprintf(peer->net, sizeof peer->net, "loopback");
    else
        snprintf(peer->net, sizeof peer->net, "%s/64", text);
}

void peer_init(struct peer *peer, const struct sockaddr_storage *address)
{
    *peer = (struct peer){ .text = "unknown", .net = "unknown" };
    if (address->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        init_v4(peer, &in.sin_addr);
    } else if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        struct in_addr mapped;
        memcpy(&mapped, in6.sin6_addr.s6_addr + 12, sizeof mapped);
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
            init_v4(peer, &mapped);
        else
            init_v6(peer, &in6.sin6_addr);
    }
}
