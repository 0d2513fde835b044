/* Where a request goes, and where its answer may lead, by a table. */
#include "mooncron/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define NONE (ORIGINS_MAX + 1)

static struct origins *some(void)
{
    struct error err;
    struct origins *origins =
        origins_new("http://cms.example.org:4000/base",
                    "hooks.example.org https://other.example.org:8443 "
                    "http://[::1]:9000 http://plain.example.org",
                    false, &err);
    assert_non_null(origins);
    return origins;
}

static const struct {
    const char *url;
    size_t number;
} numbers[] = {
    { "", 0 },
    { "/api/x?y=z", 0 },
    { "http://cms.example.org:4000", 0 },
    { "http://CMS.example.org:4000/elsewhere", 0 },
    { "https://hooks.example.org", 1 },
    { "https://hooks.example.org:443", 1 },
    { "HTTPS://Hooks.Example.org/x", 1 },
    { "https://other.example.org:8443/a?b", 2 },
    { "http://[::1]:9000/x", 3 },
    { "http://plain.example.org", 4 },
    { "http://plain.example.org:80/", 4 },
    { "https://cms.example.org:4000", NONE },
    { "http://hooks.example.org", NONE },
    { "https://hooks.example.org.evil.net", NONE },
    { "https://hooks.example.org:444", NONE },
    { "https://user@hooks.example.org/", NONE },
    { "nonsense", NONE },
    { "ftp://hooks.example.org", NONE },
};

static void test_numbers(void **state)
{
    (void)state;
    struct origins *origins = some();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        size_t number = origins_number(origins, numbers[i].url);
        if (number != numbers[i].number)
            fail_msg("%s: %zu", numbers[i].url, number);
    }
    origins_free(origins);
}

#define CMS   "http://cms.example.org:4000"
#define HOOKS "https://hooks.example.org"

static const struct {
    const char *from, *location;
    const char *leads; /* or NULL */
    const char *says;  /* a part of the clause where it leads nowhere */
} ways[] = {
    { "/api/run", "/runs/7", CMS "/runs/7", "" },
    { "/api/run", "7?wait=1", CMS "/base/api/7?wait=1", "" },
    { "/api/run", "../runs/7", CMS "/base/runs/7", "" },
    { "/api/run?a=b", "?c=d", CMS "/base/api/run?c=d", "" },
    { "/api/run", CMS "/runs/7", CMS "/runs/7", "" },
    { "/api/run", "//cms.example.org:4000/runs", CMS "/runs", "" },
    { "/api/run", "HTTP://CMS.EXAMPLE.ORG:4000/runs", CMS "/runs", "" },
    { "/api/run", "/runs/7#part", CMS "/runs/7", "" },
    { HOOKS "/a/b", "/runs/7", HOOKS "/runs/7", "" },
    { HOOKS "/a/b", HOOKS ":443/runs/7", HOOKS "/runs/7", "" },
    { "/api/run", HOOKS "/runs/7", NULL, HOOKS },
    { "/api/run", HOOKS "/runs/7", NULL, CMS },
    { "/api/run", "https://cms.example.org:4000/x", NULL,
      "https://cms.example.org:4000" },
    { "/api/run", "http://cms.example.org/x", NULL, "cms.example.org, and" },
    { "/api/run", "//evil.example.net/x", NULL, "http://evil.example.net" },
    { "/api/run", "http://evil.example.net\\@cms.example.org:4000/", NULL, "" },
    { HOOKS "/a/b", CMS "/runs/7", NULL, HOOKS },
    { "/api/run", "http://user:secret@cms.example.org:4000/", NULL, "user" },
    { "/api/run", "ftp://cms.example.org:4000/x", NULL, "http" },
    { "/api/run", "javascript:alert(1)", NULL, "" },
    { "/api/run", "http://", NULL, "no URL" },
    { "/api/run", "http://cms.example.org:99999/", NULL, "no URL" },
    { "/api/run", "/runs/7 8", NULL, "no URL" },
    { "/api/run", "/runs\t7", NULL, "no URL" },
    { "/api/run", "", NULL, "empty" },
};

/* A host may be written with other letters than the one asked. */
static bool leads_to(const char *found, const char *wanted)
{
    return !strncasecmp(found, wanted, strlen(wanted)) &&
           strlen(found) == strlen(wanted);
}

/* "https://h:443/" is the same place as "https://h/". */
static void drop_own_port(char *url)
{
    char *port = strstr(url, ":443/");
    if (port)
        memmove(port, port + 4, strlen(port + 4) + 1);
}

static void test_ways(void **state)
{
    (void)state;
    struct origins *origins = some();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char url[256];
        struct error err = { "" };
        bool good = origins_follow(origins, ways[i].from, ways[i].location, url,
                                   sizeof url, &err);
        if (good)
            drop_own_port(url);
        if (good != (ways[i].leads != NULL) ||
            (good && !leads_to(url, ways[i].leads)))
            fail_msg("%s -> \"%s\": %s", ways[i].from, ways[i].location,
                     good ? url : err.text);
        if (!good && !strstr(err.text, ways[i].says))
            fail_msg("\"%s\": says %s", ways[i].location, err.text);
        assert_null(strstr(err.text, "secret"));
        assert_null(strstr(err.text, "/runs"));
    }
    origins_free(origins);
}

static void test_too_long(void **state)
{
    (void)state;
    struct origins *origins = some();
    char url[40];
    struct error err = { "" };
    assert_false(origins_follow(origins, "/a", "/0123456789012345678901234567",
                                url, sizeof url, &err));
    assert_non_null(strstr(err.text, "longer"));
    origins_free(origins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
