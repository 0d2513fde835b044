/* A digest is a 64-bit fingerprint of fields, for telling whether two things of
 * our own are the same: not for secrets, not for hostile input. FNV-1a, and a
 * string has its length mixed in, so that "ab","c" is not "a","bc". Digests are
 * kept on disk: what is the same stays the same in the next version. */
#ifndef MOONCRON_DIGEST_H
#define MOONCRON_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_START UINT64_C(14695981039346656037)

/* The digest of what `digest` is of, and then of these. */
uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t len);
uint64_t digest_u64(uint64_t digest, uint64_t value);
uint64_t digest_string(uint64_t digest, const char *string);

/* Of which any bits do for the place in an index. */
uint32_t digest_fold(uint64_t digest);

#endif
