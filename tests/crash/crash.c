/* crash: kills the real program, or lets a call of it fail, at each of its
 * system calls in six plays, and looks what is left.
 *
 *   crash [--points N] [--kills N] [--seed S] [--lanes N]
 *   crash --play NAME --fault NAME --at N
 *
 * A play and a fault are a cell. A cell is played once without its fault, to
 * count the calls that the fault can come to; each of them is a point, and is
 * played for itself: the fault comes, the worker is started again where it has
 * ended, goes on until it fires, and is stopped; then the checker looks. Lanes
 * are processes that take points from one list, each with a backend of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mooncron/memory.h"

#include "auditor.h"
#include "operator.h"
#include "plays.h"

#define LANES_MAX       16
#define BUSY_POINTS_MAX 200  /* of a play that could go on for ever */
#define STRETCH         50   /* calls that fail one after another */
#define OPENS_STRETCH   10   /* likewise; the gate rests after each of these */
#define SECTION         100  /* lives between two looks, with random kills */
#define KILL_CALLS_MAX  2500 /* of one life of those */
#define WELL_CALLS      4    /* that are awaited of a worker that is well */

struct fault {
    const char *name;
    enum deed deed;
    int error;
    unsigned classes;
    uint64_t times;
    bool kill_ill; /* once the store is seen to fail, the worker is killed */
};

#define FILES (CALL_KEEPS | CALL_READS)
#define ALL   (FILES | CALL_TALKS | CALL_OPENS)

static const struct fault faults[] = {
    { "kill", DEED_KILL, 0, ALL, 1, false },
    { "torn-write", DEED_TEAR, 0, CALL_WRITES, 1, false },
    { "ENOSPC", DEED_FAIL, ENOSPC, CALL_KEEPS, 1, false },
    { "ENOSPC-stretch", DEED_FAIL, ENOSPC, CALL_KEEPS, STRETCH, false },
    { "ENOSPC-killed", DEED_FAIL, ENOSPC, CALL_KEEPS, STRETCH, true },
    { "EIO", DEED_FAIL, EIO, FILES, 1, false },
    { "EIO-stretch", DEED_FAIL, EIO, FILES, STRETCH, false },
    { "EINTR", DEED_FAIL, EINTR, FILES | CALL_TALKS, 1, false },
    { "EINTR-stretch", DEED_FAIL, EINTR, FILES | CALL_TALKS, STRETCH, false },
    { "EMFILE", DEED_FAIL, EMFILE, CALL_OPENS, 1, false },
    { "EMFILE-stretch", DEED_FAIL, EMFILE, CALL_OPENS, OPENS_STRETCH, false },
};
#define FAULTS (sizeof faults / sizeof *faults)
#define CELLS  (PLAYS * FAULTS)

/* A play with a fault, or (the last) lives that are killed at random. */
struct cell {
    _Atomic uint64_t calls; /* that the fault can come to */
    uint64_t points;        /* that are tried */
    _Atomic uint64_t done, reached, lost, doubled, unsound, slots;
    _Atomic int64_t took_ms;
};

/* Shared by all lanes. */
struct state {
    struct cell cells[CELLS + 1];
    _Atomic uint64_t next; /* of the list */
    char doing[LANES_MAX][96];
};

struct options {
    uint64_t points; /* of each cell at most; 0: all */
    uint64_t kills, seed, at;
    unsigned lanes;
    const char *play, *fault; /* NULL: all */
};

static const char *play_of(size_t cell)
{
    return cell == CELLS ? "any" : plays[cell / FAULTS].name;
}

static const char *fault_of(size_t cell)
{
    return cell == CELLS ? "random-kill" : faults[cell % FAULTS].name;
}

static int64_t now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* ---- a point ---- */

/* The worker is well, or gets well by itself: it fires, and says so. */
static void see_well(struct scene *scene, struct findings *findings)
{
    bool ready = scene_await_ready(scene);
    bool fires = ready && scene_await_calls(scene, WELL_CALLS);
    if (!ready)
        findings_add(findings, "it was not ready again by itself");
    else if (!fires)
        findings_add(findings, "it did not fire again by itself");
    else if (!operator_repeat(scene))
        findings_add(findings, "an order could not be given again");
    else if (!operator_follow(scene))
        findings_count(findings, &findings->lost,
                       "a run that was ordered has no end");
    scene_stop(scene);
    if (scene->exit_code)
        findings_add(findings, "it ended with %d", scene->exit_code);
}

static void live_again(struct scene *scene, struct findings *findings)
{
    scene_spawn(scene);
    if (!scene_await_schedule(scene, 1))
        findings_add(findings, "it did not start again");
    see_well(scene, findings);
}

/* libuv aborts where its first pipe of all cannot be had, before anything of
 * ours was touched. */
static bool is_abort_of_libuv(struct scene *scene)
{
    return scene->exit_code == 128 + SIGABRT && !scene->told.anything &&
           !strcmp(scene->board->call, "pipe2");
}

/* An end by a signal is never right unless the signal was ours, and an end by
 * itself only before it fires or where it was told to. */
static void judge_end(struct scene *scene, const struct fault *fault,
                      struct findings *findings)
{
    bool ours =
        fault->deed != DEED_FAIL || (fault->kill_ill && scene->told.ill);
    if (is_abort_of_libuv(scene))
        return;
    if (scene->exit_code >= 128 && !(ours && scene->exit_code == 128 + SIGKILL))
        findings_add(findings, "it crashed with %d", scene->exit_code);
    else if (scene->exit_code > 0 && scene->exit_code < 128 &&
             scene->told.scheduled)
        findings_add(findings, "it left by itself with %d", scene->exit_code);
}

static void look(struct scene *scene, struct findings *findings)
{
    char folder[SCRATCH_MAX + 16];
    snprintf(folder, sizeof folder, "%s/state", scene->scratch.path);
    json_t *calls = stand_calls(&scene->stand, scene->seq, 0, 0);
    checker_look(calls, folder, play_rhythms, findings);
    auditor_look(&scene->orders, calls, folder, findings);
    json_decref(calls);
}

static void set_board(struct scene *scene, const struct fault *fault,
                      uint64_t at)
{
    struct board *board = scene->board;
    board->deed = at ? fault->deed : DEED_NONE;
    board->error = fault->error;
    board->classes = fault->classes;
    board->at = at;
    board->times = fault->times;
    scene->release = fault->times > 1;
    scene->kill_ill = at && fault->kill_ill;
}

/* What was found is added to the cell; told on stdout where it is bad, with the
 * log of the life that had the fault. */
static void add_findings(struct cell *cell, const struct scene *scene,
                         const struct findings *findings, const char *title,
                         const char *words)
{
    cell->lost += findings->lost;
    cell->doubled += findings->doubled;
    cell->unsound += findings->unsound;
    cell->slots += findings->slots;
    if (!findings->lost && !findings->doubled && !findings->unsound)
        return;
    printf("WRONG %s (call: %s)\n%s%s\n", title, scene->board->call,
           findings->text.data, words);
    fflush(stdout);
}

static void play_point(struct scene *scene, struct state *state, size_t number,
                       uint64_t at, const char *title)
{
    const struct fault *fault = &faults[number % FAULTS];
    struct cell *cell = &state->cells[number];
    struct findings findings;
    findings_open(&findings);
    scene_begin(scene);
    set_board(scene, fault, at);
    plays[number / FAULTS].run(scene);
    bool hit = atomic_load(&scene->board->hits) > 0;
    if (!scene_alive(scene) || (hit && fault->deed != DEED_FAIL))
        scene_stop(scene); /* it is dead, or dying */
    if (scene->exit_code >= 0)
        judge_end(scene, fault, &findings);
    bool goes_on = scene->exit_code < 0;
    if (goes_on) {
        operator_trust(scene);
        see_well(scene, &findings);
    }
    char *words = scene_last_words(scene);
    if (!goes_on)
        live_again(scene, &findings);
    look(scene, &findings);
    cell->reached += hit;
    add_findings(cell, scene, &findings, title, words);
    free(words);
    scene_end(scene);
    findings_close(&findings);
}

static void count_cell(struct scene *scene, struct state *state, size_t number)
{
    scene_begin(scene);
    set_board(scene, &faults[number % FAULTS], 0);
    plays[number / FAULTS].run(scene);
    state->cells[number].calls = atomic_load(&scene->board->seen);
    scene_stop(scene);
    scene_end(scene);
}

/* ---- kills at random ---- */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Lives in a row, each killed at a call of its own; then one that is not. */
static void kill_section(struct scene *scene, struct state *state,
                         uint64_t seed, uint64_t lives, const char *title)
{
    struct cell *cell = &state->cells[CELLS];
    struct findings findings;
    findings_open(&findings);
    scene_begin(scene);
    seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (uint64_t i = 0; i < lives; i++) {
        set_board(scene, &faults[0], 1 + random_next(&seed) % KILL_CALLS_MAX);
        scene->board->seen = scene->board->hits = 0;
        scene_arm(scene);
        play_load(scene);
        scene_await_calls(scene, INT32_MAX);
        cell->reached += scene->board->hits > 0;
        scene_kill(scene);
        if (scene->exit_code != 128 + SIGKILL)
            findings_add(&findings, "life %" PRIu64 " ended with %d", i,
                         scene->exit_code);
    }
    scene_disarm(scene);
    char *words = scene_last_words(scene);
    live_again(scene, &findings);
    look(scene, &findings);
    add_findings(cell, scene, &findings, title, words);
    free(words);
    scene_end(scene);
    findings_close(&findings);
}

/* ---- lanes ---- */

static void print_cell(const struct state *state, size_t number)
{
    const struct cell *cell = &state->cells[number];
    printf("%-12s %-15s %5" PRIu64 " points %5" PRIu64 " lost %5" PRIu64
           " doubled %5" PRIu64 " unsound %7.1f s\n",
           play_of(number), fault_of(number), cell->reached, cell->lost,
           cell->doubled, cell->unsound, (double)cell->took_ms / 1000);
    fflush(stdout);
}

/* The points of a cell are spread over its calls. */
static uint64_t point_at(const struct cell *cell, uint64_t point)
{
    uint64_t calls = cell->calls;
    return cell->points ? 1 + point * calls / cell->points : 0;
}

static void do_point(struct scene *scene, struct state *state,
                     const struct options *options, unsigned lane,
                     size_t number, uint64_t point)
{
    struct cell *cell = &state->cells[number];
    char *title = state->doing[lane];
    int64_t began_ms = now_ms();
    if (number == CELLS) {
        uint64_t lives = options->kills - point * SECTION;
        snprintf(title, sizeof state->doing[lane],
                 "--kills %" PRIu64 " --seed %" PRIu64, options->kills,
                 options->seed);
        kill_section(scene, state, options->seed + point,
                     lives > SECTION ? SECTION : lives, title);
    } else {
        uint64_t at = options->at ? options->at : point_at(cell, point);
        snprintf(title, sizeof state->doing[lane],
                 "--play %s --fault %s --at %" PRIu64, play_of(number),
                 fault_of(number), at);
        play_point(scene, state, number, at, title);
    }
    cell->took_ms += now_ms() - began_ms;
    *title = '\0';
    if (atomic_fetch_add(&cell->done, 1) + 1 == cell->points)
        print_cell(state, number);
}

/* The next of the list: the cells one after another, and kills first. */
static bool take_point(struct state *state, size_t *ret_cell,
                       uint64_t *ret_point)
{
    uint64_t number = atomic_fetch_add(&state->next, 1);
    for (size_t i = 0; i <= CELLS; i++) {
        size_t cell = (CELLS + i) % (CELLS + 1);
        if (number < state->cells[cell].points) {
            *ret_cell = cell;
            *ret_point = number;
            return true;
        }
        number -= state->cells[cell].points;
    }
    return false;
}

static bool is_wanted(const struct options *options, size_t cell)
{
    return (!options->play || !strcmp(options->play, play_of(cell))) &&
           (!options->fault || !strcmp(options->fault, fault_of(cell)));
}

typedef void lane_work(struct state *state, const struct options *options,
                       unsigned lane);

static void count_cells(struct state *state, const struct options *options,
                        unsigned lane)
{
    struct scene scene;
    uint64_t cell;
    scene_open(&scene);
    while ((cell = atomic_fetch_add(&state->next, 1)) < CELLS) {
        if (!is_wanted(options, cell))
            continue;
        snprintf(state->doing[lane], sizeof state->doing[lane],
                 "counting the calls of %s, %s", play_of(cell), fault_of(cell));
        count_cell(&scene, state, cell);
    }
    *state->doing[lane] = '\0';
    scene_close(&scene);
}

static void do_points(struct state *state, const struct options *options,
                      unsigned lane)
{
    struct scene scene;
    size_t cell;
    uint64_t point;
    scene_open(&scene);
    while (take_point(state, &cell, &point))
        do_point(&scene, state, options, lane, cell, point);
    scene_close(&scene);
}

/* Each lane is a process; false where one of them did not come to its end. */
static bool run_lanes(struct state *state, const struct options *options,
                      lane_work *work)
{
    bool well = true;
    state->next = 0;
    fflush(stdout);
    pid_t pids[LANES_MAX];
    for (unsigned i = 0; i < options->lanes; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            work(state, options, i);
            fflush(stdout);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < options->lanes; i++) {
        int status = 0;
        if (pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] &&
            status == 0)
            continue;
        printf("WRONG a lane ended with %d in: %s\n", status, state->doing[i]);
        well = false;
    }
    return well;
}

/* ---- the whole ---- */

static void share_points(struct state *state, const struct options *options)
{
    for (size_t i = 0; i < CELLS; i++) {
        struct cell *cell = &state->cells[i];
        uint64_t most = options->points ? options->points : UINT64_MAX;
        if (!strcmp(play_of(i), "busy") && most > BUSY_POINTS_MAX)
            most = BUSY_POINTS_MAX;
        cell->points = cell->calls < most ? cell->calls : most;
        if (options->at && is_wanted(options, i))
            cell->points = 1;
    }
    if (!options->at)
        state->cells[CELLS].points = (options->kills + SECTION - 1) / SECTION;
}

static bool print_total(const struct state *state, int64_t took_ms)
{
    uint64_t points = 0, lost = 0, doubled = 0, unsound = 0, slots = 0;
    for (size_t i = 0; i <= CELLS; i++) {
        const struct cell *cell = &state->cells[i];
        points += cell->reached;
        lost += cell->lost;
        doubled += cell->doubled;
        unsound += cell->unsound;
        slots += cell->slots;
    }
    printf("%" PRIu64 " points, %" PRIu64 " lost, %" PRIu64 " doubled, %s"
           " (%" PRIu64 " rows looked at, %.0f s)\n",
           points, lost, doubled, unsound ? "UNSOUND" : "integrity ok", slots,
           (double)took_ms / 1000);
    return points && !lost && !doubled && !unsound;
}

static bool options_read(struct options *options, char **argv)
{
    *options = (struct options){ .seed = 1, .lanes = 4 };
    for (char **at = argv + 1; *at; at += 2) {
        const struct {
            const char *name;
            uint64_t *number;
            const char **text;
        } known[] = { { "--points", &options->points, NULL },
                      { "--kills", &options->kills, NULL },
                      { "--seed", &options->seed, NULL },
                      { "--at", &options->at, NULL },
                      { "--play", NULL, &options->play },
                      { "--fault", NULL, &options->fault } };
        size_t i = 0, count = sizeof known / sizeof *known;
        while (i < count && strcmp(known[i].name, *at))
            i++;
        if (i == count || !at[1])
            return false;
        if (known[i].number)
            *known[i].number = strtoull(at[1], NULL, 10);
        else
            *known[i].text = at[1];
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    (void)argc;
    if (!options_read(&options, argv)) {
        fputs("crash [--points N] [--kills N] [--seed S]\n"
              "crash --play NAME --fault NAME [--at N]\n",
              stderr);
        return 64;
    }
    int64_t began_ms = now_ms();
    struct state *state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED)
        return 71;
    bool well = options.at || run_lanes(state, &options, count_cells);
    share_points(state, &options);
    if (options.at)
        options.lanes = 1;
    well = well && run_lanes(state, &options, do_points);
    well = print_total(state, now_ms() - began_ms) && well;
    return well ? 0 : 1;
}
