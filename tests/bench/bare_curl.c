/* A bare libcurl-multi loop, as fast as its glue can be made, and libcurl used
 * as its manual shows it: what the worker is measured against.
 *
 * bench_bare_curl URL CALLS IN-FLIGHT [BURSTS PAUSE-MS] posts with the headers
 * that the worker sends, over epoll that stays registered until a socket is
 * closed; with BURSTS so often, resting in between, as a worker does whose jobs
 * are due together: after a rest caches and the processor are cold. It prints
 * its wall and CPU time as one line: "WALL-NS CPU-NS". */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#define FDS_MAX     4096
#define LIVE_MAX    256
#define EVENTS_TURN 256

struct bare {
    CURLM *multi;
    int epoll;
    int64_t timer_ns; /* when libcurl wants to be called; -1: never */
    long wanted, started, ended;
    int watched[FDS_MAX]; /* what epoll waits for; 0: not registered */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data,
                     void *socket_data)
{
    struct bare *bare = data;
    (void)easy;
    (void)socket_data;
    if (what == CURL_POLL_REMOVE || fd >= FDS_MAX)
        return 0;
    if (bare->watched[fd] == what)
        return 0;
    struct epoll_event event = { .data.fd = fd };
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    epoll_ctl(bare->epoll, bare->watched[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
              fd, &event);
    bare->watched[fd] = what;
    return 0;
}

static int on_close(void *data, curl_socket_t fd)
{
    struct bare *bare = data;
    if (fd < FDS_MAX)
        bare->watched[fd] = 0;
    return close(fd);
}

static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    struct bare *bare = data;
    (void)multi;
    bare->timer_ns =
        timeout_ms < 0 ? -1 : clock_ns(CLOCK_MONOTONIC) + timeout_ms * 1000000;
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    return size * count;
}

static CURL *easy_new(struct bare *bare, const char *url,
                      struct curl_slist *headers)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 2L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, bare);
    return easy;
}

static void collect(struct bare *bare)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(bare->multi, &left))) {
        if (message->data.result != CURLE_OK) {
            fprintf(stderr, "bare_curl: %s\n",
                    curl_easy_strerror(message->data.result));
            exit(1);
        }
        CURL *easy = message->easy_handle;
        curl_multi_remove_handle(bare->multi, easy);
        bare->ended++;
        if (bare->started == bare->wanted)
            continue;
        bare->started++;
        curl_multi_add_handle(bare->multi, easy);
    }
}

static void turn(struct bare *bare)
{
    struct epoll_event events[EVENTS_TURN];
    int64_t wait_ns = 1000000000;
    if (bare->timer_ns >= 0)
        wait_ns = bare->timer_ns - clock_ns(CLOCK_MONOTONIC);
    int count = epoll_wait(bare->epoll, events, EVENTS_TURN,
                           wait_ns > 0 ? (int)(wait_ns / 1000000) : 0);
    int running;
    for (int i = 0; i < count; i++) {
        int what =
            (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
            (events[i].events & ~(uint32_t)EPOLLOUT ? CURL_CSELECT_IN : 0);
        curl_multi_socket_action(bare->multi, events[i].data.fd, what,
                                 &running);
    }
    if (bare->timer_ns >= 0 && bare->timer_ns <= clock_ns(CLOCK_MONOTONIC)) {
        bare->timer_ns = -1;
        curl_multi_socket_action(bare->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    collect(bare);
}

static struct curl_slist *headers_new(void)
{
    static const char *const lines[] = {
        "Idempotency-Key: job-00001/2026-11-23T14:07:31Z",
        "X-Bench-Job: job-00001",
        "X-Bench-Scheduled-Time: 2026-11-23T14:07:31Z",
        "X-Bench-Attempt: 1",
        "X-Bench-Trigger: schedule",
        "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "Content-Type: application/json",
        "Authorization: users API-Key admin-key-of-the-tests",
        "x-api-key: admin-key-of-the-tests",
        "Expect:",
    };
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        list = curl_slist_append(list, lines[i]);
    return list;
}

static void bare_open(struct bare *bare, long live)
{
    bare->epoll = epoll_create1(EPOLL_CLOEXEC);
    bare->multi = curl_multi_init();
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_MAXCONNECTS, live);
}

static void burst(struct bare *bare, CURL **easy, long live)
{
    bare->started = bare->ended = 0;
    for (long i = 0; i < live && bare->started < bare->wanted; i++) {
        bare->started++;
        curl_multi_add_handle(bare->multi, easy[i]);
    }
    while (bare->ended < bare->wanted)
        turn(bare);
}

int main(int argc, char **argv)
{
    static struct bare bare;
    if ((argc != 4 && argc != 6) || atol(argv[3]) < 1 ||
        atol(argv[3]) > LIVE_MAX) {
        fprintf(stderr,
                "usage: bench_bare_curl URL CALLS IN-FLIGHT(<=%d) "
                "[BURSTS PAUSE-MS]\n",
                LIVE_MAX);
        return 64;
    }
    long live = atol(argv[3]), bursts = argc == 6 ? atol(argv[4]) : 1;
    long pause_ms = argc == 6 ? atol(argv[5]) : 0;
    const struct timespec pause = { pause_ms / 1000,
                                    pause_ms % 1000 * 1000000 };
    bare.wanted = atol(argv[2]);
    bare_open(&bare, live);
    struct curl_slist *headers = headers_new();
    CURL *easy[LIVE_MAX];
    for (long i = 0; i < live; i++)
        easy[i] = easy_new(&bare, argv[1], headers);
    int64_t wall = clock_ns(CLOCK_MONOTONIC);
    int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < bursts; i++) {
        if (i)
            clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        burst(&bare, easy, live);
    }
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%lld %lld\n", (long long)wall, (long long)cpu);
    for (long i = 0; i < live; i++)
        curl_easy_cleanup(easy[i]);
    curl_multi_cleanup(bare.multi);
    curl_slist_free_all(headers);
    close(bare.epoll);
    return 0;
}
