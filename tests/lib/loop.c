/* A loop of libuv, turned until something has come about. */
#include "loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define WAIT_MS 20000

static void on_beat(uv_timer_t *beat)
{
    (void)beat;
}

/* The beat bounds the wait, and asks for what comes without an event. */
void loop_until_says(uv_loop_t *loop, unsigned (*count)(void *data), void *data,
                     unsigned wanted)
{
    uv_timer_t beat;
    uv_timer_init(loop, &beat);
    uv_timer_start(&beat, on_beat, 1, 1);
    uv_update_time(loop);
    uint64_t end = uv_now(loop) + WAIT_MS;
    while (count(data) < wanted && uv_now(loop) < end)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    assert_int_equal(count(data), wanted);
}

static unsigned count_at(void *data)
{
    return **(const unsigned **)data;
}

void loop_until(uv_loop_t *loop, const unsigned *count, unsigned wanted)
{
    loop_until_says(loop, count_at, &count, wanted);
}

static void on_open_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    fail_msg("a uv %s is left open", uv_handle_type_name(handle->type));
}

void loop_end(uv_loop_t *loop)
{
    uv_walk(loop, on_open_handle, NULL);
    assert_int_equal(uv_loop_close(loop), 0);
}
