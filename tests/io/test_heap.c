/* The heap of the worker, as the kernel sees it. */
#include "mooncron/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK  (64 << 10)
#define BLOCKS ((HEAP_SMALL + HEAP_HUGE / 2) / BLOCK)

static bool has_huge_pages(void)
{
#ifdef MOONCRON_SANITIZED
    return false; /* nor is this heap in use */
#else
    return access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
#endif
}

/* Whether what lies at `at` is marked (proc(5), smaps: "hg"). */
static bool is_marked(const void *at)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false, marked = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        uintptr_t begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (uintptr_t)at >= begin && (uintptr_t)at < end;
        else if (inside && !strncmp(line, "VmFlags:", 8))
            marked = strstr(line, " hg") != NULL;
    }
    fclose(maps);
    return marked;
}

static void test_what_a_large_schedule_needs_is_marked(void **state)
{
    static char *blocks[BLOCKS];
    (void)state;
    if (!has_huge_pages())
        skip();
    heap_gather();
    uintptr_t end = (uintptr_t)sbrk(0);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK);
        memset(blocks[i], (int)i, BLOCK);
    }
    assert_true((uintptr_t)sbrk(0) == end); /* it was there already */
    assert_false(is_marked(blocks[0]));
    assert_true(is_marked(blocks[BLOCKS - 1]));
    for (size_t i = 0; i < BLOCKS; i++) {
        assert_int_equal((unsigned char)blocks[i][BLOCK - 1], (uint8_t)i);
        free(blocks[i]);
    }
}

/* A larger block is not of the heap, and leaves nothing behind. */
static void test_large_blocks_lie_apart(void **state)
{
    (void)state;
    if (!has_huge_pages())
        skip();
    uintptr_t end = (uintptr_t)sbrk(0);
    void *volatile block = malloc(HEAP_HUGE);
    assert_true((uintptr_t)block > end);
    free(block);
    assert_true((uintptr_t)sbrk(0) == end);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_large_schedule_needs_is_marked),
        cmocka_unit_test(test_large_blocks_lie_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
