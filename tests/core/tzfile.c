/* The file of a zone is read as a program does that knows its folder. */
#include "tzfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct zone *tzfile_zone(const char *name)
{
    char path[128];
    static char bytes[ZONE_BYTES_MAX];
    struct error err = { "" };
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("there is no %s", path);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct zone *zone = zone_read(name, bytes, len, &err);
    if (!zone)
        fail_msg("%s: %s", name, err.text);
    return zone;
}
