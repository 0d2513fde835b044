/* A worker that calls itself would take its own schedule for the backend's.
 *
 * Addresses are compared as IPv6 ones, where an IPv4 one has its mapped form.
 * Who connects to "any" address (0.0.0.0, ::) is led to loopback. */
#include "self.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* An end of a connection. */
struct end {
    struct in6_addr address;
    in_port_t port;
};

static void map_v4(const struct in_addr *v4, struct in6_addr *ret)
{
    *ret = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
    memcpy(&ret->s6_addr[12], v4, sizeof *v4);
}

/* False where it is none of the internet's. */
static bool end_read(const struct sockaddr *from, struct end *ret)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        map_v4(&v4.sin_addr, &ret->address);
        ret->port = v4.sin_port;
    } else if (from->sa_family == AF_INET6) {
        memcpy(&v6, from, sizeof v6);
        ret->address = v6.sin6_addr;
        ret->port = v6.sin6_port;
    } else {
        return false;
    }
    return true;
}

static bool is_v4(const struct in6_addr *address)
{
    return IN6_IS_ADDR_V4MAPPED(address);
}

static bool is_any(const struct in6_addr *address)
{
    static const unsigned char zeros[4];
    return IN6_IS_ADDR_UNSPECIFIED(address) ||
           (is_v4(address) && !memcmp(&address->s6_addr[12], zeros, 4));
}

static bool is_loopback(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) ||
           (is_v4(address) && address->s6_addr[12] == 127);
}

/* Has an interface of this machine that address? */
static bool is_ours(const struct in6_addr *address)
{
    struct ifaddrs *list;
    bool ours = false;
    if (getifaddrs(&list))
        return false;
    for (const struct ifaddrs *at = list; at && !ours; at = at->ifa_next) {
        struct end end;
        ours = at->ifa_addr && end_read(at->ifa_addr, &end) &&
               IN6_ARE_ADDR_EQUAL(&end.address, address);
    }
    freeifaddrs(list);
    return ours;
}

bool self_is(const struct sockaddr_storage *listener, const struct sockaddr *to)
{
    struct end here, there;
    if (!end_read((const struct sockaddr *)(const void *)listener, &here) ||
        !end_read(to, &there) || here.port != there.port)
        return false;
    if (is_any(&here.address))
        return is_any(&there.address) || is_loopback(&there.address) ||
               is_ours(&there.address);
    if (is_any(&there.address))
        return is_loopback(&here.address);
    return IN6_ARE_ADDR_EQUAL(&here.address, &there.address);
}
