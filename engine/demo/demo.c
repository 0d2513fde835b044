/* The demonstration: a stand-in, and a worker as a child, on loopback.
 *
 * Story. A folder is made, the stand-in listens, the worker starts and says its
 * port in its log; from then on the stand-in sends it webhooks, and what
 * happens is told. A signal, or the end of the time given, asks the worker to
 * drain; when it has ended everything is taken down again. A second signal
 * hurries it. A worker that ends unasked is a failure, with its last words. */
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mooncron/demo.h"
#include "mooncron/secrets.h"

#include "narrator.h"
#include "patience.h"
#include "player.h"

#define KEY_DIGITS 32    /* hex digits of a made-up key */
#define LEAVE_MS   60000 /* twice what a worker allows itself for draining */

struct demo {
    const struct demo_config *config;
    char folder[64];
    char key[KEY_DIGITS + 1], secret[KEY_DIGITS + 1];
    char url[64]; /* of the stand-in */
    int signals;  /* signalfd: SIGINT, SIGTERM, SIGCHLD */
    struct backend *backend;
    struct player player;
    struct narrator narrator;
    int64_t end_ms; /* monotonic; INT64_MAX: never */
    bool leaving;   /* the worker was asked to */
    bool gone;
    int status;
};

static int remove_one(const char *path, const struct stat *stat, int type,
                      struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

static bool folder_make(struct demo *demo, struct error *reterr)
{
    const char *base = getenv("TMPDIR");
    if (!base || strlen(base) > 40)
        base = "/tmp";
    snprintf(demo->folder, sizeof demo->folder, "%s/mooncron-demo-XXXXXX",
             base);
    if (mkdtemp(demo->folder))
        return true;
    error_set(reterr, "cannot make the folder %s: %s", demo->folder,
              strerror(errno));
    return false;
}

/* Blocked before any thread exists, so that only the descriptor hears them. */
static void signals_take(struct demo *demo, sigset_t *ret_before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set, ret_before);
    demo->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool backend_open(struct demo *demo, struct error *reterr)
{
    secret_make(demo->key, KEY_DIGITS);
    secret_make(demo->secret, KEY_DIGITS);
    const struct backend_user admin = { "ops@example.org", demo->key, true };
    const struct backend_config config = {
        .host = "127.0.0.1",
        .port = demo->config->port,
        .users = &admin,
        .user_count = 1,
        .webhook_secret = demo->secret,
        .enable_jobs = true,
        .environment = "production",
        .on_call = narrator_on_call,
        .on_change = narrator_on_change,
        .data = &demo->narrator,
    };
    demo->backend = backend_start(&config, reterr);
    if (!demo->backend)
        return false;
    snprintf(demo->url, sizeof demo->url, "http://127.0.0.1:%u",
             backend_port(demo->backend));
    return true;
}

static bool player_open(struct demo *demo, struct error *reterr)
{
    const struct player_config config = {
        .program = demo->config->program,
        .file = demo->config->file,
        .backend_url = demo->url,
        .api_key = demo->key,
        .webhook_secret = demo->secret,
        .state_directory = demo->folder,
        .speed = demo->config->speed,
    };
    return player_start(&demo->player, &config, reterr);
}

static void print_curl(const struct demo *demo, const char *settings)
{
    printf("  curl -X PATCH %s/api/settings "
           "-H 'Authorization: users API-Key %s' "
           "-H 'Content-Type: application/json' -d '%s'\n",
           demo->url, demo->key, settings);
}

/* Once the worker has said where it listens. */
static void announce(void *data, uint16_t port)
{
    struct demo *demo = data;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    printf("stand-in backend  %s   its page switches Settings\n"
           "worker            %s   its time runs %g times faster\n"
           "schedule          %s\n\n"
           "Switch jobs off, or go to staging and back:\n",
           demo->url, url, demo->config->speed, demo->config->file);
    print_curl(demo, "{\"enableJobs\": false}");
    print_curl(demo, "{\"enableJobs\": true, "
                     "\"schedulerEnvironment\": \"staging\"}");
    print_curl(demo, "{\"schedulerEnvironment\": \"production\"}");
    printf("\nCtrl-C ends both.\n\n");
    fflush(stdout);
    backend_set_worker(demo->backend, url);
}

static void leave(struct demo *demo)
{
    demo->leaving = true;
    demo->end_ms = patience_mono_ms() + LEAVE_MS;
    player_dismiss(&demo->player);
}

static void read_signals(struct demo *demo)
{
    struct signalfd_siginfo signal;
    while (read(demo->signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo != SIGCHLD)
            leave(demo);
        else if (player_ended(&demo->player, &demo->status))
            demo->gone = true;
    }
}

static void read_log(struct demo *demo)
{
    char chunk[16384];
    ssize_t got;
    while ((got = read(demo->player.log_fd, chunk, sizeof chunk)) > 0)
        narrator_hear(&demo->narrator, chunk, (size_t)got);
}

static int wait_ms(const struct demo *demo)
{
    if (demo->end_ms == INT64_MAX)
        return -1;
    int64_t left_ms = demo->end_ms - patience_mono_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

/* The time is up: first of the demonstration, then of the worker's leaving. */
static void time_up(struct demo *demo)
{
    if (!demo->leaving) {
        leave(demo);
        return;
    }
    demo->end_ms = INT64_MAX;
    player_kill(&demo->player);
}

static void run(struct demo *demo)
{
    int64_t seconds = demo->config->seconds;
    demo->end_ms = seconds ? patience_mono_ms() + seconds * 1000 : INT64_MAX;
    bool log_ended = false;
    while (!demo->gone) {
        struct pollfd ready[] = { { demo->signals, POLLIN, 0 },
                                  { demo->player.log_fd, POLLIN, 0 } };
        /* A log that has ended is ready for ever: it is asked no more. */
        poll(ready, log_ended ? 1 : 2, wait_ms(demo));
        log_ended = log_ended || (ready[1].revents & POLLHUP);
        read_log(demo);
        read_signals(demo);
        if (patience_mono_ms() >= demo->end_ms)
            time_up(demo);
    }
    read_log(demo);
}

/* Hurried by a second signal, it says that it cut runs short. */
static bool ended_well(const struct demo *demo)
{
    int status = demo->status;
    return demo->leaving && WIFEXITED(status) &&
           (WEXITSTATUS(status) == EXIT_OK ||
            WEXITSTATUS(status) == EXIT_TERMINATED);
}

static int verdict(const struct demo *demo, struct error *reterr)
{
    int status = demo->status;
    if (ended_well(demo))
        return EXIT_OK;
    narrator_quote(&demo->narrator);
    if (WIFSIGNALED(status))
        error_set(reterr, "the worker was killed by signal %d",
                  WTERMSIG(status));
    else
        error_set(reterr,
                  "the worker ended with exit code %d; its last words "
                  "are above",
                  WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
                                                    : EXIT_ASKED_FAILED;
}

static int play(struct demo *demo, struct error *reterr)
{
    int code = EXIT_UNAVAILABLE;
    if (backend_open(demo, reterr) && player_open(demo, reterr)) {
        run(demo);
        player_close(&demo->player);
        code = verdict(demo, reterr);
    }
    backend_stop(demo->backend);
    return code;
}

int demo_run(const struct demo_config *config, struct error *reterr)
{
    struct demo demo = { .config = config };
    if (!folder_make(&demo, reterr))
        return EXIT_UNAVAILABLE;
    sigset_t before;
    signals_take(&demo, &before);
    narrator_init(&demo.narrator, announce, &demo);
    int code = play(&demo, reterr);
    narrator_close(&demo.narrator);
    close(demo.signals);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    nftw(demo.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}
