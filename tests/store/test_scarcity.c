/* The store where memory is scarce: each allocation in turn is the one that
 * fails, in a life from the opening to the close.
 *
 * SQLite's own failures are answers of the store: what was not acknowledged is
 * written again, and the store is well as soon as there is memory. Ours end the
 * process with a sentence, and the next life finds all that was acknowledged.
 *
 * SCARCITY_STEP tries each so-many-th allocation only. */
#include "book.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define BATCHES      6
#define BATCH        8 /* slots in one batch, of three entries each */
#define STEP_DEFAULT 29

/* ---- allocations ---- */

/* The one thing that a test and the allocators share. */
static struct {
    uint64_t count; /* while it is armed */
    uint64_t at;    /* the first that fails; 0: none */
    bool armed;
    bool on; /* all that follow fail, too */
} scarcity;

static void arm(uint64_t at, bool on)
{
    scarcity.count = 0;
    scarcity.at = at;
    scarcity.on = on;
    scarcity.armed = true;
}

/* True where memory was wanted so often that it failed. */
static bool disarm(void)
{
    scarcity.armed = false;
    return scarcity.at && scarcity.count >= scarcity.at;
}

static bool is_refused(void)
{
    if (!scarcity.armed)
        return false;
    scarcity.count++;
    return scarcity.at && (scarcity.on ? scarcity.count >= scarcity.at
                                       : scarcity.count == scarcity.at);
}

static uint64_t step(void)
{
    const char *text = getenv("SCARCITY_STEP");
    uint64_t value = text ? strtoull(text, NULL, 10) : 0;
    return value ? value : STEP_DEFAULT;
}

/* SQLite's. */
static sqlite3_mem_methods usual;
static bool ours; /* are the ones that fail */

static void *sqlite_malloc(int size)
{
    return !ours && is_refused() ? NULL : usual.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return !ours && is_refused() ? NULL : usual.xRealloc(old, size);
}

static int teach_sqlite(void **state)
{
    (void)state;
    sqlite3_mem_methods methods;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual),
                     SQLITE_OK);
    methods = usual;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    return sqlite3_initialize();
}

/* Ours: the linker leads the calls of memory.c here. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return ours && is_refused() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return ours && is_refused() ? NULL : __real_realloc(old, size);
}

/* No power is cut here, so no life waits for the disk. SQLite calls these. */
int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- a life ---- */

struct life {
    struct scratch scratch;
    char *path;
    struct store *store;
    /* Batches up to here are acknowledged; where a child writes it, too. */
    int *acknowledged;
};

static void life_begin(struct life *life)
{
    *life = (struct life){ 0 };
    scratch_make(&life->scratch);
    life->path = scratch_path(&life->scratch, "journal.db");
    life->acknowledged =
        mmap(NULL, sizeof *life->acknowledged, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(life->acknowledged != MAP_FAILED);
}

static void life_end(struct life *life)
{
    munmap(life->acknowledged, sizeof *life->acknowledged);
    scratch_remove(&life->scratch);
    free(life->path);
}

static bool open_store(struct life *life, const char *owner, int64_t now_s)
{
    struct error note = { "" }, error;
    life->store =
        store_open_sqlite(life->path, owner, seconds(now_s), &note, &error);
    assert_null(strstr(note.text, "moved aside")); /* nothing is damaged */
    return life->store;
}

/* Batch `number`: slots that are claimed and end, and one that is passed. */
static bool write_batch(struct life *life, int number)
{
    struct entry entries[BATCH * 3];
    enum entry_outcome outcomes[BATCH * 3];
    struct error error;
    for (int i = 0; i < BATCH; i++) {
        int64_t slot_s = 100 + number * 100 + i * 2;
        const char *job = i % 2 ? "even" : "odd";
        entries[i * 3] = claim(job, slot_s, 1, slot_s);
        entries[i * 3 + 1] = finish(job, slot_s, 1, VERDICT_OK, slot_s + 1);
        entries[i * 3 + 2] =
            pass(job, slot_s + 1, slot_s + 1, 1, WHY_OVERLAP, slot_s + 1);
    }
    if (!store_write(life->store, entries, BATCH * 3, outcomes, &error))
        return false;
    for (int i = 0; i < BATCH * 3; i++)
        assert_int_equal(outcomes[i], ENTRY_DONE);
    *life->acknowledged = number + 1;
    return true;
}

static bool count_row(void *data, const struct history_row *row)
{
    unsigned *count = data;
    *count += row->count == 0 && row->done && row->verdict == VERDICT_OK &&
              row->slot.ms >= seconds(100).ms;
    return true;
}

/* Whatever else a worker asks of its store. */
static void ask_all(struct life *life)
{
    struct history_query query = { .from = seconds(0),
                                   .to = seconds(100000),
                                   .limit = HISTORY_ROWS_MAX };
    struct retention retention = { .keep_ms = 1000, .keep_rows = 1000 };
    struct pruning round = { 0 };
    struct stored_life lives[4];
    struct stored_pause pause_of;
    struct plan_note plan;
    struct recall recall;
    struct error error;
    unsigned count = 0;
    store_history(life->store, &query, count_row, &count, &error);
    store_plan(life->store, &plan);
    store_lives(life->store, seconds(0), seconds(100000), lives, 4);
    store_pause_of(life->store, "odd", &pause_of);
    store_lease(life->store, "sweep", seconds(1000), 1000);
    store_prune(life->store, &retention, seconds(60), 10, &round, &error);
    if (store_recall(life->store, seconds(1000), &recall, &error))
        recall_close(&recall);
}

static void play(struct life *life)
{
    struct recall recall;
    struct error error;
    struct plan_note plan = { .generation = 100,
                              .at = seconds(90),
                              .environment = "production",
                              .tzdata = "2025b",
                              .file = "schedules.lua",
                              .jobs = 2 };
    if (!open_store(life, "second", 90))
        return;
    if (store_recall(life->store, seconds(90), &recall, &error))
        recall_close(&recall);
    store_publish(life->store, &plan, &error);
    for (int i = 0; i < BATCHES; i++)
        if (!write_batch(life, i))
            break;
    ask_all(life);
}

/* ---- what it begins with ---- */

static void nothing(struct life *life)
{
    (void)life;
}

/* Rows that are open, and a WAL that nobody took over. */
static void killed_before(struct life *life)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct entry entries[] = { lane("odd", 10), lane("even", 10),
                                   claim("odd", 20, 1, 20),
                                   waits("even", 21, 21),
                                   paused("odd", 22, 80, "ann", "a reason") };
        enum entry_outcome outcomes[5];
        struct error error;
        bool done = open_store(life, "first", 0) &&
                    store_write(life->store, entries, 5, outcomes, &error);
        _exit(done ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static const struct beginning {
    const char *name;
    void (*prepare)(struct life *life);
} beginnings[] = { { "nothing", nothing }, { "a killed life", killed_before } };
#define BEGINNINGS (sizeof beginnings / sizeof *beginnings)

/* ---- what is left ---- */

/* The next life finds every batch that was acknowledged, and goes on. */
static void look(struct life *life)
{
    struct error error;
    unsigned count = 0;
    struct history_query query = { .from = seconds(0),
                                   .to = seconds(100000),
                                   .limit = HISTORY_ROWS_MAX };
    assert_true(open_store(life, "third", 2000));
    if (!store_history(life->store, &query, count_row, &count, &error))
        fail_msg("%s", error.text);
    assert_true(count >= (unsigned)*life->acknowledged * BATCH);
    store_close(life->store, seconds(2001));
    assert_whole(life->path);
}

/* ---- SQLite's memory ---- */

/* False: the allocation was never wanted. */
static bool sqlite_fails(const struct beginning *beginning, uint64_t at,
                         bool on)
{
    struct life life;
    life_begin(&life);
    beginning->prepare(&life);
    arm(at, on);
    play(&life);
    bool reached = disarm();
    if (life.store) /* there is memory again: it goes on where it was */
        for (int i = *life.acknowledged; i < BATCHES; i++)
            assert_true(write_batch(&life, i));
    store_close(life.store, seconds(1500));
    look(&life);
    life_end(&life);
    return reached;
}

static void each_of_sqlite(bool on)
{
    for (size_t i = 0; i < BEGINNINGS; i++) {
        uint64_t at = 1;
        while (sqlite_fails(&beginnings[i], at, on))
            at += step();
        print_message("%s: %llu allocations\n", beginnings[i].name,
                      (unsigned long long)at);
    }
}

static void an_allocation_of_sqlite_fails(void **state)
{
    (void)state;
    each_of_sqlite(false);
}

static void memory_of_sqlite_ends(void **state)
{
    (void)state;
    each_of_sqlite(true);
}

/* ---- ours ---- */

/* The child plays; how it ended. */
static int play_apart(struct life *life, uint64_t at)
{
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        fclose(stderr);
        ours = true;
        arm(at, false);
        play(life);
        bool reached = disarm();
        ours = false;
        store_close(life->store, seconds(1500));
        _exit(reached ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void an_allocation_of_ours_ends_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < BEGINNINGS; i++) {
        int status;
        uint64_t at = 0;
        do {
            struct life life;
            life_begin(&life);
            beginnings[i].prepare(&life);
            status = play_apart(&life, ++at);
            look(&life);
            life_end(&life);
        } while (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        print_message("%s: %llu allocations\n", beginnings[i].name,
                      (unsigned long long)at);
        assert_int_equal(status, 0); /* the last wanted no more */
        assert_true(at > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_of_sqlite_fails),
        cmocka_unit_test(memory_of_sqlite_ends),
        cmocka_unit_test(an_allocation_of_ours_ends_the_process),
    };
    return cmocka_run_group_tests(tests, teach_sqlite, NULL);
}
