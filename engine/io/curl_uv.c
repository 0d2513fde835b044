/* libcurl's multi interface on a uv loop.
 *
 * Story. A handle is started; libcurl sets its timer to 0; the timer rings and
 * libcurl opens a socket and says what it waits for; we poll. The socket is
 * ready, libcurl reads and writes, and after the poll phase of that turn
 * whatever has ended is collected and reported, once. What ends while the
 * timer rings waits for that moment too: libuv rings a timer of 0 again within
 * the same turn, and calls that fail at once and are sent again at once would
 * hold the loop for ever. An idle handle keeps the poll from waiting then.
 *
 * libcurl says REMOVE at the end of each transfer, and wants the same socket
 * again a moment later. Each change of a uv_poll is two system calls, so REMOVE
 * is only noted and the poll stays registered until the socket is closed (21
 * to 29 % less CPU). A socket that is ready while nobody wants it (the other
 * side hung up) is no longer polled then, or it would ring for ever. Sockets
 * that libcurl opened behind our back (the resolver's pair) are also closed
 * behind our back: for these REMOVE is obeyed.
 *
 * Failures. libcurl that is told of an error (CURL_CSELECT_ERR) ends the
 * transfer without reading: an answer that came whole before a reset was lost,
 * and a reused connection that had ended was not tried anew. So an error of the
 * poll is handed on as "look at it": reading finds what is there, and after it
 * the error. libuv has stopped such a poll, and we start it again where libcurl
 * still wants more. A socket that cannot be polled leaves its transfer to its
 * timeout; answering -1 would end every transfer there is. */
#include "curl_uv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "mooncron/memory.h"

/* libcurl and libuv number what to wait for alike. */
_Static_assert(CURL_POLL_IN == (int)UV_READABLE, "in is readable");
_Static_assert(CURL_POLL_OUT == (int)UV_WRITABLE, "out is writable");
_Static_assert(CURL_CSELECT_IN == (int)UV_READABLE, "in is readable");
_Static_assert(CURL_CSELECT_OUT == (int)UV_WRITABLE, "out is writable");

struct watch {
    uv_poll_t poll;
    struct curl_uv *curl;
    curl_socket_t fd;
    int wanted;  /* by libcurl */
    int watched; /* by libuv */
    bool ours;   /* opened by curl_uv_open(): it ends with curl_uv_shut() */
    bool polled; /* `poll` is a handle of the loop */
};

struct curl_uv {
    CURLM *multi;
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_check_t after_poll;
    uv_idle_t hurry; /* active while what has ended waits for `after_poll` */
    struct watch **watches; /* by descriptor; NULL: none */
    size_t watch_cap;
    size_t handles; /* of the loop, until their close is reported */
    size_t started; /* easy handles in `multi` */
    bool acted;     /* something may have ended */
    curl_uv_done *done;
    void *data;
    void (*closed)(void *data);
    void *closed_data;
};

/* ---- Descriptors ---- */

static struct watch *watch_of(const struct curl_uv *curl, curl_socket_t fd)
{
    return (size_t)fd < curl->watch_cap ? curl->watches[fd] : NULL;
}

static void count_down(struct curl_uv *curl)
{
    if (--curl->handles > 0)
        return;
    void (*closed)(void *data) = curl->closed;
    void *data = curl->closed_data;
    free(curl->watches);
    free(curl);
    closed(data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct curl_uv *curl = watch->curl;
    free(watch);
    count_down(curl);
}

static void watch_free(struct watch *watch)
{
    watch->curl->watches[watch->fd] = NULL;
    if (watch->polled)
        uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    else
        free(watch);
}

static struct watch *watch_new(struct curl_uv *curl, curl_socket_t fd,
                               bool ours)
{
    size_t old_cap = curl->watch_cap;
    if ((size_t)fd >= old_cap) {
        curl->watch_cap = (size_t)fd + 64;
        curl->watches = memory_resize(curl->watches, curl->watch_cap,
                                      sizeof *curl->watches);
        memset(curl->watches + old_cap, 0,
               (curl->watch_cap - old_cap) * sizeof *curl->watches);
    }
    /* A descriptor that is new has no watch, unless it was closed behind our
     * back: then the old one is of nothing. */
    if (curl->watches[fd])
        watch_free(curl->watches[fd]);
    struct watch *watch = memory_new(sizeof *watch);
    *watch = (struct watch){ .curl = curl, .fd = fd, .ours = ours };
    curl->watches[fd] = watch;
    return watch;
}

/* ---- What happens in the loop ---- */

static void collect(struct curl_uv *curl)
{
    curl->acted = false;
    uv_idle_stop(&curl->hurry);
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(curl->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        curl_uv_stop(curl, easy);
        curl->done(curl->data, easy, code);
    }
}

static void on_after_poll(uv_check_t *check)
{
    struct curl_uv *curl = check->data;
    if (curl->acted)
        collect(curl);
}

static void on_hurry(uv_idle_t *hurry)
{
    (void)hurry; /* that it is active is enough */
}

static void on_timer(uv_timer_t *timer)
{
    struct curl_uv *curl = timer->data;
    int running;
    curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if ((size_t)running == curl->started)
        return;
    curl->acted = true;
    uv_idle_start(&curl->hurry, on_hurry);
}

/* ---- What libcurl asks for ---- */

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch_want(struct watch *watch, int wanted)
{
    struct curl_uv *curl = watch->curl;
    watch->wanted = wanted;
    if (!watch->polled) {
        if (uv_poll_init_socket(curl->loop, &watch->poll, watch->fd) != 0)
            return;
        watch->poll.data = watch;
        watch->polled = true;
        curl->handles++;
    }
    if (watch->watched != wanted &&
        uv_poll_start(&watch->poll, wanted, on_ready) == 0)
        watch->watched = wanted;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct curl_uv *curl = watch->curl;
    curl_socket_t fd = watch->fd;
    if (status < 0)
        watch->watched = 0; /* libuv has stopped it */
    if (watch->wanted == 0) {
        uv_poll_stop(poll);
        watch->watched = 0;
        return;
    }
    int running;
    curl_multi_socket_action(
        curl->multi, fd,
        status < 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : events, &running);
    curl->acted = true;
    if (status >= 0)
        return;
    watch = watch_of(curl, fd); /* libcurl may have shut it */
    if (watch && watch->wanted)
        watch_want(watch, watch->wanted);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data,
                     void *socket_data)
{
    struct curl_uv *curl = data;
    struct watch *watch = watch_of(curl, fd);
    (void)easy;
    (void)socket_data;
    if (what != CURL_POLL_REMOVE) {
        watch_want(watch ? watch : watch_new(curl, fd, false), what);
    } else if (watch) { /* else it was never announced */
        watch->wanted = 0;
        if (!watch->ours)
            watch_free(watch);
    }
    return 0;
}

static int on_set_timer(CURLM *multi, long timeout_ms, void *data)
{
    struct curl_uv *curl = data;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&curl->timer);
    else
        uv_timer_start(&curl->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static int curl_uv_shut(void *data, curl_socket_t fd)
{
    struct curl_uv *curl = data;
    struct watch *watch = watch_of(curl, fd);
    if (watch)
        watch_free(watch);
    return close(fd);
}

curl_socket_t curl_uv_open(struct curl_uv *curl,
                           const struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    watch_new(curl, fd, true);
    return fd;
}

/* ---- Life ---- */

struct curl_uv *curl_uv_new(struct uv_loop_s *loop, size_t connections_max,
                            curl_uv_done *done, void *data,
                            struct error *reterr)
{
    CURLM *multi = curl_multi_init();
    if (!multi) {
        error_set(reterr, "libcurl could not be started");
        return NULL;
    }
    struct curl_uv *curl = memory_new(sizeof *curl);
    *curl = (struct curl_uv){
        .multi = multi, .loop = loop, .handles = 3, .done = done, .data = data
    };
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
    uv_timer_init(loop, &curl->timer);
    curl->timer.data = curl;
    uv_check_init(loop, &curl->after_poll);
    curl->after_poll.data = curl;
    uv_check_start(&curl->after_poll, on_after_poll);
    uv_unref((uv_handle_t *)&curl->after_poll); /* nothing waits for it */
    uv_idle_init(loop, &curl->hurry);
    curl->hurry.data = curl;
    return curl;
}

void curl_uv_adopt(struct curl_uv *curl, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, curl_uv_shut);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curl);
}

bool curl_uv_start(struct curl_uv *curl, CURL *easy, struct error *reterr)
{
    CURLMcode code = curl_multi_add_handle(curl->multi, easy);
    if (code == CURLM_OK)
        curl->started++;
    else
        error_set(reterr, "%s", curl_multi_strerror(code));
    return code == CURLM_OK;
}

void curl_uv_stop(struct curl_uv *curl, CURL *easy)
{
    if (curl_multi_remove_handle(curl->multi, easy) == CURLM_OK)
        curl->started--;
}

static void on_handle_closed(uv_handle_t *handle)
{
    count_down(handle->data);
}

void curl_uv_close(struct curl_uv *curl, void (*closed)(void *data), void *data)
{
    curl->closed = closed;
    curl->closed_data = data;
    /* Sockets are still announced and shut in here. */
    curl_multi_cleanup(curl->multi);
    for (size_t fd = 0; fd < curl->watch_cap; fd++) {
        if (curl->watches[fd])
            watch_free(curl->watches[fd]);
    }
    uv_close((uv_handle_t *)&curl->timer, on_handle_closed);
    uv_close((uv_handle_t *)&curl->after_poll, on_handle_closed);
    uv_close((uv_handle_t *)&curl->hurry, on_handle_closed);
}
