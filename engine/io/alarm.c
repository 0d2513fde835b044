/* The alarm rings when a deadline on either clock has come.
 *
 * Two timer descriptors. One sleeps on CLOCK_BOOTTIME until the nearer deadline
 * and counts while the machine sleeps. The other is set far away on
 * CLOCK_REALTIME and is there to be cancelled: the kernel ends it when somebody
 * sets the wall clock, so that nobody has to poll for that
 * (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "mooncron/clock.h"
#include "mooncron/memory.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)
#define FAR_S     (INT64_C(1) << 40) /* no machine lives that long */

struct alarm {
    const struct clock *clock;
    alarm_ring *ring;
    void *data;
    int sleep_fd, step_fd;
    uv_poll_t sleep, step;
    unsigned open; /* handles of the loop */
    struct core_deadline deadline;
    bool armed; /* for `deadline`: the timer is set */
};

/* ---- setting the timers ---- */

/* Scaled nanoseconds until `due_ms`, given where that clock stands; the longest
 * sleep where it never comes. */
static int64_t until_ns(int64_t due_ms, int64_t now_ns)
{
    int64_t most = (int64_t)ALARM_SLEEP_MS_MAX * NS_PER_MS;
    if (due_ms >= (now_ns + most) / NS_PER_MS)
        return most;
    if (due_ms <= now_ns / NS_PER_MS)
        return 0; /* how long ago does not matter, and may not fit */
    return due_ms * NS_PER_MS - now_ns;
}

/* Rounded up: an alarm may be late by a nanosecond, but never early. */
static int64_t real_ns(const struct alarm *alarm, int64_t scaled_ns)
{
    if (scaled_ns <= 0)
        return 1; /* a timer of 0 is none */
    if (alarm->clock->scale == 1.0)
        return scaled_ns;
    return (int64_t)((double)scaled_ns / alarm->clock->scale) + 1;
}

static void sleep_set(struct alarm *alarm)
{
    struct now now = clock_now(alarm->clock);
    int64_t wall_ns =
        until_ns(alarm->deadline.wall.ms, clock_wall_ns(alarm->clock));
    int64_t mono_ns =
        until_ns(alarm->deadline.mono.ms, now.mono.ms * NS_PER_MS);
    int64_t ns = real_ns(alarm, wall_ns < mono_ns ? wall_ns : mono_ns);
    const struct itimerspec when = { .it_value = { .tv_sec = ns / NS_PER_S,
                                                   .tv_nsec = ns % NS_PER_S } };
    timerfd_settime(alarm->sleep_fd, 0, &when, NULL);
    alarm->armed = true;
}

static void step_set(struct alarm *alarm)
{
    const struct itimerspec never = { .it_value = { .tv_sec = FAR_S } };
    timerfd_settime(alarm->step_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                    &never, NULL);
}

void alarm_set(struct alarm *alarm, struct core_deadline deadline)
{
    if (alarm->armed && alarm->deadline.wall.ms == deadline.wall.ms &&
        alarm->deadline.mono.ms == deadline.mono.ms)
        return;
    alarm->deadline = deadline;
    sleep_set(alarm);
}

/* ---- ringing ---- */

/* The timer has run out: whoever hears of it sets the next deadline, and where
 * that is the same one (it rang for the longest sleep) it is set again here. */
static void on_sleep(uv_poll_t *poll, int status, int events)
{
    struct alarm *alarm = poll->data;
    (void)status, (void)events;
    uint64_t times;
    if (read(alarm->sleep_fd, &times, sizeof times) < 0)
        return;
    alarm->armed = false;
    alarm->ring(alarm->data);
    if (!alarm->armed && alarm->open)
        sleep_set(alarm);
}

/* read(2) fails with ECANCELED: the wall clock was set. */
static void on_step(uv_poll_t *poll, int status, int events)
{
    struct alarm *alarm = poll->data;
    (void)status, (void)events;
    uint64_t times;
    if (read(alarm->step_fd, &times, sizeof times) < 0 && errno == EAGAIN)
        return;
    step_set(alarm);
    alarm->armed = false;
    alarm->ring(alarm->data);
    if (!alarm->armed && alarm->open)
        sleep_set(alarm);
}

/* ---- life ---- */

static bool poll_start(struct uv_loop_s *loop, struct alarm *alarm,
                       uv_poll_t *poll, int fd, uv_poll_cb ready)
{
    if (uv_poll_init(loop, poll, fd))
        return false;
    poll->data = alarm;
    alarm->open++;
    return !uv_poll_start(poll, UV_READABLE, ready);
}

struct alarm *alarm_new(struct uv_loop_s *loop, const struct clock *clock,
                        alarm_ring *ring, void *data, struct error *reterr)
{
    struct alarm *alarm = memory_new(sizeof *alarm);
    alarm->clock = clock;
    alarm->ring = ring;
    alarm->data = data;
    alarm->deadline.wall.ms = alarm->deadline.mono.ms = NEVER_MS;
    int flags = TFD_NONBLOCK | TFD_CLOEXEC;
    alarm->sleep_fd = timerfd_create(CLOCK_BOOTTIME, flags);
    alarm->step_fd = timerfd_create(CLOCK_REALTIME, flags);
    if (alarm->sleep_fd < 0 || alarm->step_fd < 0 ||
        !poll_start(loop, alarm, &alarm->sleep, alarm->sleep_fd, on_sleep) ||
        !poll_start(loop, alarm, &alarm->step, alarm->step_fd, on_step)) {
        error_set(reterr, "no timers: %s", strerror(errno));
        alarm_close(alarm);
        return NULL;
    }
    step_set(alarm);
    return alarm;
}

static void alarm_free(struct alarm *alarm)
{
    if (alarm->sleep_fd >= 0)
        close(alarm->sleep_fd);
    if (alarm->step_fd >= 0)
        close(alarm->step_fd);
    free(alarm);
}

static void on_closed(uv_handle_t *handle)
{
    struct alarm *alarm = handle->data;
    if (!--alarm->open)
        alarm_free(alarm);
}

void alarm_close(struct alarm *alarm)
{
    if (!alarm->open) {
        alarm_free(alarm);
        return;
    }
    if (alarm->sleep.data)
        uv_close((uv_handle_t *)&alarm->sleep, on_closed);
    if (alarm->step.data)
        uv_close((uv_handle_t *)&alarm->step, on_closed);
}
