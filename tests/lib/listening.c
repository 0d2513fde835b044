/* A server, its loop, and a worker of few words. */
#include "listening.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "mooncron/clock.h"
#include "mooncron/log.h"
#include "mooncron/memory.h"
#include "mooncron/text.h"

#define DEADLINE_MS 20000 /* of any wait; a sanitizer is slow */

struct listening {
    uv_loop_t loop;
    uv_thread_t thread;
    uv_async_t bell;
    struct server_config config;
    struct clock clock;
    struct log *log;
    struct inbox *inbox;
    struct server *server;
    uint16_t port;
    unsigned entries; /* below /proc/self before the start */
    int log_fd;
    bool server_gone, stop_begun; /* the loop's */
    pthread_mutex_t lock;         /* guards all below */
    pthread_cond_t news;
    bool ready, stop;
    struct listening_word word;
    struct ask last;
    unsigned asks;
    uint64_t held[4 * INBOX_ASKS_MAX]; /* those that gave up included */
    unsigned held_count;
};

/* Descriptors and threads of this process. */
static unsigned count_entries(void)
{
    unsigned count = 0;
    static const char *const folders[] = { "/proc/self/fd", "/proc/self/task" };
    for (size_t i = 0; i < 2; i++) {
        DIR *folder = opendir(folders[i]);
        assert_non_null(folder);
        while (readdir(folder))
            count++;
        closedir(folder);
    }
    return count;
}

/* With the lock held. */
static void answer(struct listening *listening, uint64_t id)
{
    struct ask ask;
    if (inbox_recall(listening->inbox, id, &ask) && ask.kind != ASK_RELOAD) {
        inbox_tell(listening->inbox, id, 200, memory_copy("{\"heard\":1}", 11),
                   LISTENING_TAG);
        return;
    }
    struct reload_report report = {
        .outcome = listening->word.outcome,
        .generation = 7,
        .diff = { .added = 1, .changed = 2, .removed = 3, .unchanged = 4 },
        .runs_per_day_before = 96,
        .runs_per_day = 1732.5,
        .at = { 1795442530000 },
    };
    inbox_answer(listening->inbox, id, &report, listening->word.message);
}

static void on_arrived(void *data)
{
    struct listening *listening = data;
    struct ask ask;
    pthread_mutex_lock(&listening->lock);
    while (inbox_take(listening->inbox, &ask)) {
        listening->last = ask;
        listening->asks++;
        unsigned room = sizeof listening->held / sizeof *listening->held;
        if (listening->word.hold && listening->held_count < room)
            listening->held[listening->held_count++] = ask.id;
        else
            answer(listening, ask.id);
    }
    pthread_cond_broadcast(&listening->news);
    pthread_mutex_unlock(&listening->lock);
}

static void on_stopped(void *data)
{
    struct listening *listening = data;
    listening->server_gone = true;
    inbox_close(listening->inbox);
    uv_close((uv_handle_t *)&listening->bell, NULL);
}

static void on_bell(uv_async_t *bell)
{
    struct listening *listening = bell->data;
    pthread_mutex_lock(&listening->lock);
    if (!listening->word.hold) {
        while (listening->held_count > 0)
            answer(listening, listening->held[--listening->held_count]);
    }
    bool stop = listening->stop && !listening->stop_begun;
    listening->stop_begun |= stop;
    pthread_mutex_unlock(&listening->lock);
    if (stop)
        server_stop(listening->server, on_stopped, listening);
}

static void run_loop(void *data)
{
    struct listening *listening = data;
    struct error error;
    uv_loop_init(&listening->loop);
    uv_async_init(&listening->loop, &listening->bell, on_bell);
    listening->bell.data = listening;
    listening->inbox =
        inbox_new(&listening->loop, on_arrived, listening, &error);
    listening->server =
        server_start(&listening->loop, &listening->config, listening->inbox,
                     &listening->clock, listening->log, &error);
    pthread_mutex_lock(&listening->lock);
    listening->port = listening->server ? server_port(listening->server) : 0;
    listening->ready = true;
    pthread_cond_broadcast(&listening->news);
    pthread_mutex_unlock(&listening->lock);
    if (listening->server)
        uv_run(&listening->loop, UV_RUN_DEFAULT);
}

static struct timespec deadline(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += DEADLINE_MS / 1000;
    return at;
}

/* With the lock held. */
static void wait_for_news(struct listening *listening,
                          const struct timespec *until)
{
    int late =
        pthread_cond_timedwait(&listening->news, &listening->lock, until);
    if (late) {
        pthread_mutex_unlock(&listening->lock);
        fail_msg("nothing came before the deadline");
    }
}

struct server_config listening_config(void)
{
    return (struct server_config){
        .host = "127.0.0.1",
        .webhook_secret = "s3cret",
        .admin_token = "t0ken",
        .webhook_wait_ms = 4000,
    };
}

static void do_nothing(void *data)
{
    (void)data;
}

/* libuv opens a pipe with the first loop of a process, and keeps it; a
 * sanitizer may do the like with the first thread. */
static void warm_up(void)
{
    uv_thread_t thread;
    assert_int_equal(uv_thread_create(&thread, do_nothing, NULL), 0);
    uv_thread_join(&thread);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

struct listening *listening_start(const struct server_config *config)
{
    struct listening *listening = memory_new(sizeof *listening);
    warm_up();
    listening->entries = count_entries();
    listening->config = config ? *config : listening_config();
    clock_init(&listening->clock, 1, (struct wall){ 0 });
    listening->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    listening->log = log_new(
        &(struct log_config){ .level = LOG_ERROR, .fd = listening->log_fd },
        &listening->clock);
    pthread_mutex_init(&listening->lock, NULL);
    pthread_cond_init(&listening->news, NULL);
    uv_thread_create(&listening->thread, run_loop, listening);
    struct timespec until = deadline();
    pthread_mutex_lock(&listening->lock);
    while (!listening->ready)
        wait_for_news(listening, &until);
    pthread_mutex_unlock(&listening->lock);
    assert_int_not_equal(listening->port, 0);
    return listening;
}

uint16_t listening_port(const struct listening *listening)
{
    return listening->port;
}

struct inbox *listening_inbox(struct listening *listening)
{
    return listening->inbox;
}

void listening_say(struct listening *listening,
                   const struct listening_word *word)
{
    pthread_mutex_lock(&listening->lock);
    listening->word = *word;
    uv_async_send(&listening->bell);
    pthread_mutex_unlock(&listening->lock);
}

unsigned listening_await(struct listening *listening, unsigned count)
{
    struct timespec until = deadline();
    pthread_mutex_lock(&listening->lock);
    while (listening->asks < count)
        wait_for_news(listening, &until);
    unsigned asks = listening->asks;
    pthread_mutex_unlock(&listening->lock);
    return asks;
}

struct ask listening_last(struct listening *listening)
{
    pthread_mutex_lock(&listening->lock);
    struct ask ask = listening->last;
    pthread_mutex_unlock(&listening->lock);
    return ask;
}

void listening_stop_begin(struct listening *listening)
{
    pthread_mutex_lock(&listening->lock);
    listening->stop = true;
    uv_async_send(&listening->bell);
    pthread_mutex_unlock(&listening->lock);
}

void listening_stop(struct listening *listening)
{
    if (!listening->stop)
        listening_stop_begin(listening);
    uv_thread_join(&listening->thread);
    assert_true(listening->server_gone);
    inbox_free(listening->inbox);
    assert_int_equal(uv_loop_close(&listening->loop), 0);
    log_free(listening->log);
    close(listening->log_fd);
    pthread_mutex_destroy(&listening->lock);
    pthread_cond_destroy(&listening->news);
    unsigned entries = listening->entries;
    free(listening);
    /* A thread that was joined may stand in /proc for a moment more. */
    uint64_t until = uv_hrtime() + DEADLINE_MS * UINT64_C(1000000);
    while (count_entries() > entries && uv_hrtime() < until)
        sched_yield();
    assert_true(count_entries() <= entries);
}

/* ---- The client ---- */

int raw_connect(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void raw_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0) /* it was refused already; the answer tells */
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

char *raw_read(int fd)
{
    struct text text;
    text_init(&text, 32 << 20); /* no answer of the gate is longer */
    for (;;) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&poll_fd, 1, DEADLINE_MS), 1);
        char chunk[4096];
        ssize_t got = recv(fd, chunk, sizeof chunk, 0);
        if (got <= 0)
            break;
        text_add(&text, chunk, (size_t)got);
    }
    close(fd);
    char *copy = memory_copy(text.data, text.len);
    text_close(&text);
    return copy;
}

int raw_status(const char *answer)
{
    int status;
    return sscanf(answer, "HTTP/1.1 %3d ", &status) == 1 ? status : 0;
}

char *raw_ask(uint16_t port, const char *bytes)
{
    int fd = raw_connect(port);
    raw_send(fd, bytes, strlen(bytes));
    return raw_read(fd);
}

/* ---- requests in parts ---- */

char *listening_ask(const struct listening *listening, const char *line,
                    const char *headers, const char *body)
{
    struct text text;
    text_init(&text, 1 << 20);
    text_printf(&text,
                "%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s",
                line, headers, strlen(body), body);
    char *answer = raw_ask(listening_port(listening), text.data);
    text_close(&text);
    return answer;
}

static json_t *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    json_t *json = json_loads(body, 0, NULL);
    if (!json)
        fail_msg("no JSON in: %s", answer);
    return json;
}

json_t *listening_expect(const struct listening *listening, const char *line,
                         const char *headers, const char *body, int status)
{
    char *answer = listening_ask(listening, line, headers, body);
    if (raw_status(answer) != status)
        fail_msg("%s %s %s: wanted %d, found %s", line, headers, body, status,
                 answer);
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    json_t *json = body_of(answer);
    free(answer);
    return json;
}

void listening_expect_text(const struct listening *listening, const char *line,
                           const char *headers, const char *body, int status,
                           const char *key, const char *text)
{
    json_t *json = listening_expect(listening, line, headers, body, status);
    const char *found = json_string_value(json_object_get(json, key));
    if (!found || strcmp(found, text) != 0)
        fail_msg("%s: wanted \"%s\", found \"%s\"", key, text,
                 found ? found : "nothing");
    json_decref(json);
}
