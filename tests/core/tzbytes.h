/* Zones from bytes: files made by hand, files of the system, and walks through
 * what was read. */
#ifndef TEST_CORE_TZBYTES_H
#define TEST_CORE_TZBYTES_H

#include <stddef.h>
#include <stdint.h>

#include "mooncron/zone.h"

#define FOLDER "/usr/share/zoneinfo"

/* "2026-03-29T01:00:00Z" in seconds; NULL and "" are before and after all. */
int64_t seconds(const char *text);

/* ---- files ---- */

struct file {
    unsigned char bytes[8192]; /* the longest there is has 4 KiB */
    size_t len;
};

/* EET, then EEST and EET in turn from each of the times on; `footer` is the
 * rule after them. Every byte has a known place. */
struct file make(const int64_t *times_s, uint32_t count, const char *footer);
/* A file of the system's, or nothing where there is none. */
struct file system_file(const char *name);

/* 2025-03-30, 2025-10-26, as the rule has it. */
extern const int64_t summer_2025[2];
extern const char eastern[29];

/* ---- zones ---- */

/* Each fails the test where it is otherwise. */
struct zone *read_good(const struct file *file);
void expect_refused(const struct file *file, const char *clause);

/* Spans that meet, all the way; and no instant is too far out. */
void walk(const struct zone *zone, int64_t from_s, int spans);

#endif
