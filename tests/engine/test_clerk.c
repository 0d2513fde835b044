/* The clerk works off the loop, in order, and tells each one's end once. */
#include "clerk.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <uv.h>

struct desk {
    uv_loop_t loop;
    struct clerk *clerk;
    pthread_t loop_thread;
    pthread_mutex_t gate; /* held: nobody gets on with his work */
    char told[64];
    size_t told_count;
    bool closed, close_in_done;
};

struct piece {
    struct desk *desk;
    char name;
    bool worked_elsewhere;
};

static void on_closed(void *data)
{
    struct desk *desk = data;
    desk->closed = true;
}

static void work(void *data)
{
    struct piece *piece = data;
    pthread_mutex_lock(&piece->desk->gate);
    piece->worked_elsewhere =
        !pthread_equal(pthread_self(), piece->desk->loop_thread);
    pthread_mutex_unlock(&piece->desk->gate);
}

/* A capital where it was worked on. */
static void done(void *data, bool worked)
{
    struct piece *piece = data;
    struct desk *desk = piece->desk;
    assert_true(pthread_equal(pthread_self(), desk->loop_thread));
    assert_int_equal(worked, piece->worked_elsewhere);
    desk->told[desk->told_count++] =
        (char)(worked ? piece->name - 'a' + 'A' : piece->name);
    if (desk->close_in_done) {
        desk->close_in_done = false;
        clerk_close(desk->clerk, on_closed, desk);
    }
}

static int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error err;
    uv_loop_init(&desk->loop);
    pthread_mutex_init(&desk->gate, NULL);
    desk->loop_thread = pthread_self();
    desk->clerk = clerk_new(&desk->loop, &err);
    assert_non_null(desk->clerk);
    *state = desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    assert_true(desk->closed);
    assert_int_equal(uv_loop_close(&desk->loop), 0);
    pthread_mutex_destroy(&desk->gate);
    free(desk);
    return 0;
}

static void give_all(struct desk *desk, struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pieces[i] = (struct piece){ desk, (char)('a' + i), false };
        assert_true(clerk_give(desk->clerk, work, done, &pieces[i]));
    }
}

static void test_one_after_the_other(void **state)
{
    struct desk *desk = *state;
    struct piece pieces[CLERK_WAITING_MAX], more = { desk, 'z', false };
    pthread_mutex_lock(&desk->gate);
    give_all(desk, pieces, CLERK_WAITING_MAX);
    assert_false(clerk_give(desk->clerk, work, done, &more));
    assert_string_equal(desk->told, "");
    pthread_mutex_unlock(&desk->gate);
    while (desk->told_count < CLERK_WAITING_MAX)
        uv_run(&desk->loop, UV_RUN_ONCE);
    assert_string_equal(desk->told, "ABCDEFGH");
    assert_true(clerk_give(desk->clerk, work, done, &more));
    while (desk->told_count <= CLERK_WAITING_MAX)
        uv_run(&desk->loop, UV_RUN_ONCE);
    clerk_close(desk->clerk, on_closed, desk);
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    assert_string_equal(desk->told, "ABCDEFGHZ");
}

static void test_who_waits_is_turned_away(void **state)
{
    struct desk *desk = *state;
    struct piece pieces[4];
    pthread_mutex_lock(&desk->gate);
    give_all(desk, pieces, 4);
    clerk_close(desk->clerk, on_closed, desk);
    assert_string_equal(desk->told, "dcb");
    assert_false(clerk_give(desk->clerk, work, done, &pieces[0]));
    assert_false(desk->closed);
    pthread_mutex_unlock(&desk->gate);
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    assert_string_equal(desk->told, "dcbA");
}

static void test_the_end_comes_with_the_work(void **state)
{
    struct desk *desk = *state;
    struct piece pieces[3];
    desk->close_in_done = true;
    pthread_mutex_lock(&desk->gate);
    give_all(desk, pieces, 3);
    pthread_mutex_unlock(&desk->gate);
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    assert_string_equal(desk->told, "Acb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_after_the_other, desk_open,
                                        desk_close),
        cmocka_unit_test_setup_teardown(test_who_waits_is_turned_away,
                                        desk_open, desk_close),
        cmocka_unit_test_setup_teardown(test_the_end_comes_with_the_work,
                                        desk_open, desk_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
