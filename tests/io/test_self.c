/* What leads to our own listener, and what does not. */
#include "../../engine/io/self.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct sockaddr_storage address_of(const char *text, uint16_t port)
{
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons(port) };
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&address, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&address, &v6, sizeof v6);
    return address;
}

static bool leads(const char *listener, const char *to, uint16_t port)
{
    struct sockaddr_storage here = address_of(listener, 3001);
    struct sockaddr_storage there = address_of(to, port);
    return self_is(&here, (const struct sockaddr *)&there);
}

static const struct {
    const char *listener, *to;
    bool same;
} cases[] = {
    { "127.0.0.1", "127.0.0.1", true },
    { "127.0.0.1", "::ffff:127.0.0.1", true },
    { "127.0.0.1", "0.0.0.0", true },
    { "127.0.0.1", "::1", false },
    { "127.0.0.1", "127.0.0.2", false },
    { "127.0.0.1", "192.0.2.7", false },
    { "::1", "::1", true },
    { "::1", "::", true },
    { "::1", "127.0.0.1", false },
    { "192.0.2.7", "192.0.2.7", true },
    { "192.0.2.7", "192.0.2.8", false },
    { "192.0.2.7", "0.0.0.0", false },
    { "0.0.0.0", "127.0.0.1", true },
    { "0.0.0.0", "127.0.0.2", true },
    { "0.0.0.0", "0.0.0.0", true },
    { "0.0.0.0", "192.0.2.7", false }, /* for documentation: nobody's */
    { "::", "::1", true },
    { "::", "127.0.0.1", true },
    { "::", "2001:db8::7", false },
    { "none", "127.0.0.1", false },
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (leads(cases[i].listener, cases[i].to, 3001) != cases[i].same)
            fail_msg("%s to %s", cases[i].listener, cases[i].to);
        assert_false(leads(cases[i].listener, cases[i].to, 3002));
    }
}

/* Whatever addresses this machine has. */
static void test_all_interfaces(void **state)
{
    (void)state;
    struct ifaddrs *list;
    assert_int_equal(getifaddrs(&list), 0);
    for (struct ifaddrs *at = list; at; at = at->ifa_next) {
        char text[INET_ADDRSTRLEN];
        struct sockaddr_in v4;
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&v4, at->ifa_addr, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        assert_true(leads("0.0.0.0", text, 3001));
        assert_true(leads("::", text, 3001));
    }
    freeifaddrs(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_all_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
