/* A scene is the world of one point. */
#include "scene.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"

#include "client.h"
#include "stacks.h"

#define WORDS_MAX 3000        /* of a log that is shown */
#define HUNG_MAX  (256 << 10) /* of all that hung at one point */

static int64_t real_ms(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

int64_t scene_mono_ms(void)
{
    return real_ms(CLOCK_MONOTONIC);
}

int64_t scene_now_ms(const struct scene *scene)
{
    return scene->began_ms +
           (real_ms(CLOCK_REALTIME) - scene->began_ms) * SCENE_SCALE;
}

/* ---- beginning and end ---- */

static void board_make(struct scene *scene)
{
    char *path = scratch_path(&scene->desk, "board");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof *scene->board), 0);
    void *page = mmap(NULL, sizeof *scene->board, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);
    assert_true(page != MAP_FAILED);
    close(fd);
    free(path);
    scene->board = page;
}

void scene_open(struct scene *scene)
{
    *scene = (struct scene){ 0 };
    scene->patience_ms = SCENE_PATIENCE_MS;
    text_init(&scene->hung, HUNG_MAX);
    scratch_make(&scene->desk);
    board_make(scene);
    stand_start(&scene->stand, true, "production");
}

void scene_close(struct scene *scene)
{
    stand_stop(&scene->stand);
    munmap(scene->board, sizeof *scene->board);
    scratch_remove(&scene->desk);
    text_close(&scene->hung);
}

void scene_begin(struct scene *scene)
{
    memset(scene->board, 0, sizeof *scene->board);
    scratch_make(&scene->scratch);
    scene->seq = stand_last(&scene->stand);
    scene->began_ms = real_ms(CLOCK_REALTIME) / 1000 * 1000;
    scene->release = scene->kill_ill = false;
    scene->orders.count = 0;
    text_clear(&scene->hung);
}

void scene_end(struct scene *scene)
{
    scene_disarm(scene);
    worker_free(&scene->worker);
    stand_calm(&scene->stand);
    scratch_remove(&scene->scratch);
}

/* ---- a life ---- */

/* The library lies beside the programs. */
static void preload_path(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 32);
    assert_true(len > 0);
    path[len] = '\0';
    strcpy(strrchr(path, '/'), "/libcrash_faults.so");
}

void scene_spawn(struct scene *scene)
{
    char library[PATH_MAX], preload[PATH_MAX + 16], board[SCRATCH_MAX + 32],
        scale[48], when[RFC3339_TEXT_MAX], start[32 + RFC3339_TEXT_MAX];
    worker_free(&scene->worker);
    preload_path(library);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(board, sizeof board, BOARD_VARIABLE "=%s/board", scene->desk.path);
    snprintf(scale, sizeof scale, "MOONCRON_TIME_SCALE=%d", SCENE_SCALE);
    rfc3339_format(
        (struct wall){ (scene_now_ms(scene) + SCENE_AHEAD_MS) / 1000 * 1000 },
        0, when);
    snprintf(start, sizeof start, "MOONCRON_TIME_START=%s", when);
    const char *const env[] = {
        preload, board, scale, start, "ASAN_OPTIONS=verify_asan_link_order=0",
        NULL
    };
    const struct worker_options options = { .env = env };
    scene->told = (struct told){ 0 };
    scene->exit_code = -1;
    worker_spawn(&scene->worker, &scene->scratch, &scene->stand, &options);
}

void scene_arm(struct scene *scene)
{
    atomic_store(&scene->board->armed, true);
}

void scene_disarm(struct scene *scene)
{
    atomic_store(&scene->board->armed, false);
}

bool scene_alive(struct scene *scene)
{
    return scene->exit_code < 0 && proc_alive(scene->worker.proc);
}

/* ---- listening ---- */

static int64_t number_after(const char *line, const char *field)
{
    const char *at = strstr(line, field);
    return at ? strtoll(at + strlen(field), NULL, 10) : 0;
}

static void listen_line(struct scene *scene, const char *line)
{
    struct told *told = &scene->told;
    told->anything = true;
    if (strstr(line, "\"event\":\"listening\"")) {
        scene->worker.port = (uint16_t)number_after(line, "\"port\":");
        snprintf(scene->worker.origin, sizeof scene->worker.origin,
                 "http://127.0.0.1:%u", scene->worker.port);
    } else if (strstr(line, "\"event\":\"schedule\"")) {
        told->scheduled = true;
        told->load_failed = false;
        told->generation = number_after(line, "\"generation\":");
    } else if (strstr(line, "was not loaded")) {
        told->load_failed = true;
    } else if (strstr(line, "nothing is fired, because")) {
        told->ill = true;
    }
}

void scene_listen(struct scene *scene, int64_t wait_ms)
{
    char *line;
    while ((line = proc_line(scene->worker.proc, true, &scene->worker.cursor,
                             wait_ms))) {
        listen_line(scene, line);
        free(line);
        wait_ms = 0;
    }
    if (!scene->told.ill || !atomic_load(&scene->board->armed))
        return;
    if (scene->kill_ill)
        scene_kill(scene);
    else if (scene->release)
        scene_disarm(scene);
}

/* ---- waiting ---- */

static bool has_scheduled(struct scene *scene, int64_t generation)
{
    scene_listen(scene, SCENE_SLICE_MS);
    return scene->told.scheduled && scene->told.generation >= generation;
}

static bool has_loaded(struct scene *scene, int64_t generation)
{
    return has_scheduled(scene, generation) || scene->told.load_failed;
}

/* The stand-in says so as soon as the call is there. */
static bool has_called(struct scene *scene, int64_t seq)
{
    char url[160];
    snprintf(url, sizeof url, "%s/_demo/ledger?after=%lld&count=1&wait=%d",
             scene->stand.origin, (long long)seq - 1, SCENE_SLICE_MS);
    json_t *page = client_expect(200, "GET", url, NULL, NULL);
    bool there = json_integer_value(json_object_get(page, "last")) >= seq;
    json_decref(page);
    scene_listen(scene, 0);
    return there;
}

static bool is_ready(struct scene *scene, int64_t unused)
{
    (void)unused;
    char url[128];
    scene_listen(scene, 0);
    snprintf(url, sizeof url, "%s/readyz", scene->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    bool ready = answer.status == 200;
    client_answer_close(&answer);
    if (!ready)
        scene_listen(scene, SCENE_SLICE_MS);
    return ready;
}

bool scene_await(struct scene *scene, scene_condition *there, int64_t number)
{
    int64_t until_ms = real_ms(CLOCK_MONOTONIC) + scene->patience_ms;
    while (scene_alive(scene) && real_ms(CLOCK_MONOTONIC) < until_ms)
        if (there(scene, number))
            return true;
    if (scene->exit_code < 0)
        scene_listen(scene, 0);
    return false;
}

bool scene_await_schedule(struct scene *scene, int64_t generation)
{
    return scene_await(scene, has_scheduled, generation);
}

bool scene_await_load(struct scene *scene, int64_t generation)
{
    return scene_await(scene, has_loaded, generation);
}

bool scene_await_calls(struct scene *scene, int64_t count)
{
    return scene_await(scene, has_called, stand_last(&scene->stand) + count);
}

bool scene_await_ready(struct scene *scene)
{
    return scene_await(scene, is_ready, 0);
}

/* ---- ending ---- */

/* Its children, too: they hold the pipes. */
static void end_by_force(struct scene *scene)
{
    pid_t pid = proc_pid(scene->worker.proc);
    char *stacks = stacks_of(pid), *words = scene_last_words(scene);
    text_printf(&scene->hung, "--- the log of one that did not end:\n%s\n%s",
                words, stacks);
    free(words);
    free(stacks);
    kill(-pid, SIGKILL);
}

static void reap(struct scene *scene)
{
    if (scene->exit_code >= 0)
        return;
    bool hung = !proc_ended(scene->worker.proc, scene->patience_ms);
    if (hung)
        end_by_force(scene);
    int code = proc_exit(scene->worker.proc, SCENE_PATIENCE_MS);
    scene->exit_code = hung ? SCENE_HUNG : code;
    scene_listen(scene, 0);
}

void scene_stop(struct scene *scene)
{
    if (scene_alive(scene))
        proc_signal(scene->worker.proc, SIGTERM);
    reap(scene);
}

void scene_kill(struct scene *scene)
{
    if (scene_alive(scene))
        proc_signal(scene->worker.proc, SIGKILL);
    reap(scene);
}

char *scene_last_words(struct scene *scene)
{
    if (!scene->worker.proc)
        return memory_copy("", 0);
    char *all = proc_output(scene->worker.proc, true);
    size_t len = strlen(all);
    size_t from = len > WORDS_MAX ? len - WORDS_MAX : 0;
    char *words = memory_copy(all + from, len - from);
    free(all);
    return words;
}
