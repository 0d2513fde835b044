/* The digest is FNV-1a, 64 bits (draft-eastlake-fnv). */
#include "mooncron/digest.h"

#include <string.h>

uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        digest = (digest ^ at[i]) * UINT64_C(1099511628211);
    return digest;
}

uint64_t digest_u64(uint64_t digest, uint64_t value)
{
    return digest_bytes(digest, &value, sizeof value);
}

uint64_t digest_string(uint64_t digest, const char *string)
{
    size_t len = strlen(string);
    return digest_u64(digest_bytes(digest, string, len), len);
}

uint32_t digest_fold(uint64_t digest)
{
    return (uint32_t)(digest ^ (digest >> 32));
}
