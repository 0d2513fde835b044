/* The worker of a test: the real program, with the usual environment. */
#include "worker.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/demo.h"
#include "mooncron/memory.h"
#include "mooncron/text.h"

#include "client.h"

#define ENV_MAX  32
#define ARGS_MAX 24

struct environment {
    char *items[ENV_MAX + 1];
    size_t count;
};

static size_t name_len(const char *pair)
{
    return strcspn(pair, "=");
}

static void environment_drop(struct environment *env, const char *pair)
{
    size_t len = name_len(pair);
    for (size_t i = 0; i < env->count; i++) {
        if (name_len(env->items[i]) == len &&
            strncmp(env->items[i], pair, len) == 0) {
            free(env->items[i]);
            env->items[i--] = env->items[--env->count];
            env->items[env->count] = NULL;
        }
    }
}

static void environment_set(struct environment *env, const char *pair)
{
    environment_drop(env, pair);
    assert_true(env->count < ENV_MAX);
    if (pair[name_len(pair)] == '=')
        env->items[env->count++] = memory_string(pair);
}

static void environment_close(struct environment *env)
{
    for (size_t i = 0; i < env->count; i++)
        free(env->items[i]);
    env->count = 0;
}

static void set_pair(struct environment *env, const char *name,
                     const char *value)
{
    struct text text;
    text_init(&text, 4096);
    text_printf(&text, "%s=%s", name, value);
    environment_set(env, text.data);
    text_close(&text);
}

static void environment_usual(struct environment *env,
                              const struct scratch *scratch,
                              const struct stand *stand)
{
    char *state = scratch_path(scratch, "state");
    set_pair(env, "BACKEND_URL", stand ? stand->origin : "http://127.0.0.1:9");
    set_pair(env, "WORKER_API_KEY", STAND_ADMIN_KEY);
    set_pair(env, "WORKER_WEBHOOK_SECRET", STAND_SECRET);
    set_pair(env, "MOONCRON_LISTEN", "127.0.0.1:0");
    set_pair(env, "MOONCRON_TIME_SCALE", "60");
    set_pair(env, "MOONCRON_LOG", "json");
    set_pair(env, "STATE_DIRECTORY", state);
    set_pair(env, "RUNTIME_DIRECTORY", state);
    free(state);
}

/* Sanitizers of the test speak to the worker's as well. */
static void environment_inherit(struct environment *env)
{
    static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                         "LSAN_OPTIONS" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value)
            set_pair(env, names[i], value);
    }
}

/* Tests and the program are built into one folder. */
static const char *program(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 16);
    assert_true(len > 0);
    path[len] = '\0';
    strcpy(strrchr(path, '/'), "/mooncron");
    return path;
}

void worker_spawn(struct worker *worker, const struct scratch *scratch,
                  const struct stand *stand,
                  const struct worker_options *options)
{
    static const struct worker_options usual;
    if (!options)
        options = &usual;
    *worker = (struct worker){ 0 };
    struct environment env = { .count = 0 };
    environment_usual(&env, scratch, stand);
    environment_inherit(&env);
    for (size_t i = 0; options->env && options->env[i]; i++)
        environment_set(&env, options->env[i]);
    char *file =
        scratch_path(scratch, options->file ? options->file : "schedules.lua");
    char path[PATH_MAX];
    const char *argv[ARGS_MAX] = { program(path), "run" };
    size_t count = 2;
    for (size_t i = 0; options->args && options->args[i]; i++)
        argv[count++] = options->args[i];
    argv[count] = file;
    worker->proc = proc_start(argv, (const char *const *)env.items);
    free(file);
    environment_close(&env);
}

void worker_start(struct worker *worker, const struct scratch *scratch,
                  const struct stand *stand,
                  const struct worker_options *options)
{
    worker_spawn(worker, scratch, stand, options);
    json_t *event = worker_event(worker, "listening");
    worker->port = (uint16_t)worker_field(event, "port");
    json_decref(event);
    assert_true(worker->port != 0);
    snprintf(worker->origin, sizeof worker->origin, "http://127.0.0.1:%u",
             worker->port);
    if (stand && stand->backend)
        backend_set_worker(stand->backend, worker->origin);
}

void worker_drain(struct worker *worker)
{
    proc_signal(worker->proc, SIGTERM);
    assert_int_equal(proc_exit(worker->proc, WORKER_PATIENCE_MS), 0);
}

void worker_free(struct worker *worker)
{
    proc_free(worker->proc);
    worker->proc = NULL;
}

static bool is_event(const json_t *line, const char *event)
{
    const char *name = json_string_value(json_object_get(line, "event"));
    return name && strcmp(name, event) == 0;
}

json_t *worker_event(struct worker *worker, const char *event)
{
    for (;;) {
        char *line = proc_await(worker->proc, true, &worker->cursor, event,
                                WORKER_PATIENCE_MS);
        json_t *json = json_loads(line, 0, NULL);
        free(line);
        if (is_event(json, event))
            return json;
        json_decref(json);
    }
}

json_t *worker_says(struct worker *worker, const char *needle)
{
    char *line = proc_await(worker->proc, true, &worker->cursor, needle,
                            WORKER_PATIENCE_MS);
    json_t *json = json_loads(line, 0, NULL);
    if (!json)
        fail_msg("a line of the log is no JSON: %s", line);
    free(line);
    return json;
}

int64_t worker_field(const json_t *event, const char *name)
{
    const json_t *value = json_object_get(event, name);
    if (!json_is_integer(value)) {
        char *text = json_dumps(event, JSON_COMPACT);
        fail_msg("no number %s in %s", name, text);
    }
    return json_integer_value(value);
}

void worker_await_generation(struct worker *worker, int64_t generation)
{
    int64_t seen = 0;
    while (seen < generation) {
        json_t *event = worker_event(worker, "schedule");
        seen = worker_field(event, "generation");
        json_decref(event);
    }
}

void worker_limit_files(const struct worker *worker, rlim_t bytes)
{
    struct rlimit limit;
    pid_t pid = proc_pid(worker->proc);
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

struct client_answer worker_webhook(const struct worker *worker,
                                    const char *body)
{
    const char *headers[] = { "X-Webhook-Secret: " STAND_SECRET,
                              "Content-Type: application/json", NULL };
    char url[128];
    snprintf(url, sizeof url, "%s/webhook/settings-changed", worker->origin);
    return client_send("POST", url, headers, body);
}

/* The command and its environment. */
struct command {
    struct environment env;
    char path[PATH_MAX];
    const char *argv[ARGS_MAX];
};

static void command_open(struct command *command, const struct worker *worker,
                         const struct scratch *scratch,
                         const struct stand *stand, const char *const *args)
{
    memset(command, 0, sizeof *command);
    environment_usual(&command->env, scratch, stand);
    environment_inherit(&command->env);
    if (worker)
        set_pair(&command->env, "MOONCRON_URL", worker->origin);
    command->argv[0] = program(command->path);
    for (size_t i = 0; args[i]; i++)
        command->argv[i + 1] = args[i];
}

int worker_command(const struct worker *worker, const struct scratch *scratch,
                   const struct stand *stand, const char *const *args,
                   char **ret_out, char **ret_err)
{
    struct command command;
    command_open(&command, worker, scratch, stand, args);
    int code = proc_run(command.argv, (const char *const *)command.env.items,
                        ret_out, ret_err);
    environment_close(&command.env);
    return code;
}

struct proc *worker_command_start(const struct worker *worker,
                                  const struct scratch *scratch,
                                  const struct stand *stand,
                                  const char *const *args)
{
    struct command command;
    command_open(&command, worker, scratch, stand, args);
    struct proc *proc =
        proc_start(command.argv, (const char *const *)command.env.items);
    environment_close(&command.env);
    return proc;
}
