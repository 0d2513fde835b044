/* A digest is a 64-bit fingerprint of fields, for telling whether two things of
 * our own are the same: not for secrets, not for hostile input. FNV-1a with the
 * length of each field mixed in, so that "ab","c" is not "a","bc". */
#ifndef MOONCRON_CORE_DIGEST_H
#define MOONCRON_CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGEST_START UINT64_C(14695981039346656037)

static inline uint64_t digest_bytes(uint64_t digest, const void *bytes,
                                    size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        digest = (digest ^ at[i]) * UINT64_C(1099511628211);
    return digest;
}

static inline uint64_t digest_u64(uint64_t digest, uint64_t value)
{
    return digest_bytes(digest, &value, sizeof value);
}

static inline uint64_t digest_string(uint64_t digest, const char *string)
{
    size_t len = strlen(string);
    return digest_u64(digest_bytes(digest, string, len), len);
}

/* Of which any bits do for the place in an index. */
static inline uint32_t digest_fold(uint64_t digest)
{
    return (uint32_t)(digest ^ (digest >> 32));
}

#endif
