/* The worker, as the demonstration's child.
 *
 * It is in a process group of its own, so that Ctrl-C reaches only us and the
 * worker hears one signal, not two. Should we be killed, the kernel ends it. */
#include "player.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mooncron/memory.h"
#include "mooncron/text.h"

#define ENVIRONMENT_COUNT 16

/* What of our own environment it still needs. */
static const char *const inherited[] = {
    "MOONCRON_SCRIPT_HOST",
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
};

struct environment {
    char *pairs[ENVIRONMENT_COUNT + 1];
    size_t count;
};

static void add_pair(struct environment *env, const char *name,
                     const char *value)
{
    struct text pair;
    text_init(&pair, 8192);
    text_printf(&pair, "%s=%s", name, value);
    env->pairs[env->count++] = text_take(&pair);
}

static void environment_open(struct environment *env,
                             const struct player_config *config)
{
    char speed[32];
    snprintf(speed, sizeof speed, "%g", config->speed);
    const char *const pairs[][2] = {
        { "BACKEND_URL", config->backend_url },
        { "WORKER_API_KEY", config->api_key },
        { "WORKER_WEBHOOK_SECRET", config->webhook_secret },
        { "MOONCRON_LISTEN", "127.0.0.1:0" },
        { "MOONCRON_TIME_SCALE", speed },
        { "MOONCRON_LOG", "json" },
        { "STATE_DIRECTORY", config->state_directory },
        { "RUNTIME_DIRECTORY", config->state_directory },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        add_pair(env, pairs[i][0], pairs[i][1]);
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
        const char *value = getenv(inherited[i]);
        if (value)
            add_pair(env, inherited[i], value);
    }
}

static void environment_close(struct environment *env)
{
    for (size_t i = 0; i < env->count; i++)
        free(env->pairs[i]);
}

/* Between fork and exec: only what is safe while other threads hold locks. */
static void become(const struct player_config *config, struct environment *env,
                   int log_fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 0);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    close_range(3, ~0u, 0); /* the stand-in's sockets are not its business */
    char *argv[] = { (char *)config->program, (char *)"run",
                     (char *)config->file, NULL };
    execve(config->program, argv, env->pairs);
    _exit(127);
}

bool player_start(struct player *player, const struct player_config *config,
                  struct error *reterr)
{
    int log[2];
    if (pipe2(log, O_CLOEXEC) != 0) {
        error_set(reterr, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    fcntl(log[0], F_SETFL, O_NONBLOCK);
    struct environment env = { .count = 0 };
    environment_open(&env, config);
    player->pid = fork();
    if (player->pid == 0)
        become(config, &env, log[1]);
    int why = errno;
    environment_close(&env);
    close(log[1]);
    player->log_fd = log[0];
    if (player->pid > 0)
        return true;
    close(log[0]);
    player->pid = 0;
    error_set(reterr, "cannot start the worker: %s", strerror(why));
    return false;
}

void player_dismiss(const struct player *player)
{
    if (player->pid)
        kill(player->pid, SIGTERM);
}

void player_kill(const struct player *player)
{
    if (player->pid)
        kill(player->pid, SIGKILL);
}

bool player_ended(struct player *player, int *ret_status)
{
    if (!player->pid || waitpid(player->pid, ret_status, WNOHANG) <= 0)
        return false;
    player->pid = 0;
    return true;
}

void player_close(struct player *player)
{
    if (player->pid) {
        kill(player->pid, SIGKILL);
        waitpid(player->pid, NULL, 0);
        player->pid = 0;
    }
    close(player->log_fd);
}
