/* The header of a WAL, as SQLite's "Database File Format" has it in "WAL File
 * Format" and "Checksum Algorithm": numbers of four bytes, the first of them
 * the highest.
 *
 *    0 magic      0x377f0682, or ..83: sums are of such numbers, too
 *    4 version    3007000
 *    8 page size
 *   12 sequence   one more each time that the WAL begins anew
 *   16 salts      two; the first one more, the second by chance
 *   24 sums       two, over what is before them
 *
 * A header that is torn where disks are, at 16 bytes or more, has a sequence of
 * the new one and the rest of the old one ("Checkpoints", "WAL reset"). */
#include "wal_header.h"

#include <stdbool.h>
#include <stdint.h>

#define MAGIC         0x377f0682u
#define PAGE_SIZE_MIN 512
#define PAGE_SIZE_MAX 65536
enum { AT_MAGIC = 0, AT_PAGE_SIZE = 8, AT_SEQUENCE = 12, AT_SUMS = 24 };

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static void number_put(unsigned char *bytes, uint32_t number)
{
    for (int i = 3; i >= 0; i--, number >>= 8)
        bytes[i] = (unsigned char)number;
}

static uint32_t turned(uint32_t number)
{
    return number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) |
           number << 24;
}

static bool makes_sense(const unsigned char *header)
{
    uint32_t size = number_at(header + AT_PAGE_SIZE);
    return (number_at(header + AT_MAGIC) & ~1u) == MAGIC &&
           size >= PAGE_SIZE_MIN && size <= PAGE_SIZE_MAX &&
           !(size & (size - 1));
}

/* As if its sequence were this one. */
static bool sums_fit(const unsigned char *header, uint32_t sequence)
{
    bool big = number_at(header + AT_MAGIC) & 1;
    uint32_t sums[2] = { 0, 0 };
    for (int at = 0; at < AT_SUMS; at += 4) {
        uint32_t number = at == AT_SEQUENCE ? sequence : number_at(header + at);
        int which = at / 4 % 2;
        sums[which] += (big ? number : turned(number)) + sums[!which];
    }
    return sums[0] == number_at(header + AT_SUMS) &&
           sums[1] == number_at(header + AT_SUMS + 4);
}

enum wal_header wal_header_look(const unsigned char header[WAL_HEADER_BYTES])
{
    uint32_t sequence = number_at(header + AT_SEQUENCE);
    if (!makes_sense(header))
        return WAL_HEADER_DAMAGED;
    if (sums_fit(header, sequence))
        return WAL_HEADER_WHOLE;
    return sums_fit(header, sequence - 1) ? WAL_HEADER_TORN
                                          : WAL_HEADER_DAMAGED;
}

void wal_header_restore(unsigned char header[WAL_HEADER_BYTES])
{
    number_put(header + AT_SEQUENCE, number_at(header + AT_SEQUENCE) - 1);
}
