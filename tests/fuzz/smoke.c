/* smoke_NAME [ROUNDS]: every seed of a target, and each of them spoilt in
 * ROUNDS ways. It follows no coverage, but any compiler builds it.
 *
 * smoke_NAME --seeds FOLDER writes the seeds for libFuzzer instead. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mooncron/memory.h"
#include "mooncron/random.h"

#define LEN_MAX 8192
#define ROUNDS  30

struct smoke {
    unsigned rounds, number;
    uint64_t seed;
    const char *folder;
    size_t last_len; /* the seed before, to be crossed with */
    uint8_t last[LEN_MAX];
};

static uint64_t chance(struct smoke *smoke)
{
    return random_next(&smoke->seed);
}

static size_t below(struct smoke *smoke, size_t n)
{
    return n ? chance(smoke) % n : 0;
}

/* A byte is set to another of the same input half of the time: a comma for a
 * digit says more than noise. */
static void spoil_byte(struct smoke *smoke, uint8_t *bytes, size_t len)
{
    uint64_t dice = chance(smoke);
    if (len)
        bytes[below(smoke, len)] =
            dice & 1 ? bytes[below(smoke, len)] : (uint8_t)(dice >> 8);
}

static size_t take_out(struct smoke *smoke, uint8_t *bytes, size_t len)
{
    size_t at = below(smoke, len), count = below(smoke, len - at) / 2 + 1;
    if (len < 2)
        return len;
    memmove(bytes + at, bytes + at + count, len - at - count);
    return len - count;
}

static size_t put_twice(struct smoke *smoke, uint8_t *bytes, size_t len)
{
    size_t at = below(smoke, len), count = below(smoke, len - at);
    if (len + count > LEN_MAX)
        return len;
    memmove(bytes + at + count, bytes + at, len - at);
    return len + count;
}

static size_t cross(struct smoke *smoke, uint8_t *bytes, size_t len)
{
    size_t least = len < smoke->last_len ? len : smoke->last_len;
    size_t at = below(smoke, least);
    if (!least)
        return len;
    memcpy(bytes + at, smoke->last + at, smoke->last_len - at);
    return smoke->last_len;
}

static size_t spoil(struct smoke *smoke, uint8_t *bytes, size_t len)
{
    size_t times = below(smoke, 4) + 1;
    for (size_t i = 0; i < times; i++)
        switch (below(smoke, 6)) {
        case 0:
            len = below(smoke, len + 1);
            break;
        case 1:
            len = take_out(smoke, bytes, len);
            break;
        case 2:
            len = put_twice(smoke, bytes, len);
            break;
        case 3:
            len = cross(smoke, bytes, len);
            break;
        default:
            spoil_byte(smoke, bytes, len);
        }
    return len;
}

/* What is looked at: a handler has no other way to know. */
static struct {
    const uint8_t *bytes;
    size_t len;
} current;

/* The input that broke a target, to be fed to fuzz_NAME as a file:
 * xxd -r -p. A program that has aborted may as well use stdio. */
static void tell_input(int signal)
{
    (void)signal;
    for (size_t i = 0; i < current.len; i++)
        fprintf(stderr, "%02x", current.bytes[i]);
    fputc('\n', stderr);
}

/* A copy of just the size, so that a sanitizer sees a byte read too many. */
static void look(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = memory_new(len ? len : 1);
    memcpy(copy, bytes, len);
    current.bytes = copy;
    current.len = len;
    fuzz_clocked(copy, len);
    free(copy);
}

static void smoke_seed(void *context, const void *seed, size_t len)
{
    struct smoke *smoke = context;
    uint8_t bytes[LEN_MAX];
    if (len > LEN_MAX)
        return;
    look(seed, len);
    for (unsigned i = 0; i < smoke->rounds; i++) {
        memcpy(bytes, seed, len);
        look(bytes, spoil(smoke, bytes, len));
    }
    memcpy(smoke->last, seed, len);
    smoke->last_len = len;
    smoke->number++;
}

static void write_seed(void *context, const void *seed, size_t len)
{
    struct smoke *smoke = context;
    char path[512];
    snprintf(path, sizeof path, "%s/seed-%04u", smoke->folder, smoke->number++);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(seed, 1, len, file) != len || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct smoke smoke = { .rounds = ROUNDS };
    signal(SIGABRT, tell_input);
    if (argc == 3 && !strcmp(argv[1], "--seeds")) {
        smoke.folder = argv[2];
        fuzz_seeds(write_seed, &smoke);
        return 0;
    }
    if (argc == 2)
        smoke.rounds = (unsigned)strtoul(argv[1], NULL, 10);
    fuzz_seeds(smoke_seed, &smoke);
    printf("%u seeds, %u inputs, the slowest %.2f ms\n", smoke.number,
           smoke.number * (smoke.rounds + 1), fuzz_slowest_ms());
    return smoke.number ? 0 : 1;
}
