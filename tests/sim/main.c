/* Simulations of many seeds, on every core of the machine.
 *
 *     sim [--seeds N] [--days D] [--seed S] [--from MS --to MS]
 *     sim --starts      a week with a start each minute
 *     sim --mutants     planted bugs are looked for
 *
 * A violation is told with its seed, with what happened around it, and with the
 * command that replays it. With --from and --to what happens between them is
 * told, in milliseconds since 1970 as in every trace. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planted.h"
#include "report.h"

#define TWICE         16 /* each so many'th seed is run a second time */
#define AROUND_MS     (20 * MINUTE)
#define TRACES_MAX    3
#define PROCESSES_MAX 64

struct command {
    uint64_t seeds, seed; /* seed 0: from 1 on */
    uint64_t days, from_ms, to_ms;
    bool mutants, starts;
    const char *commit;
};

/* Half of the seeds keep their clocks, a third changes environments, and a
 * quarter forgets soon. */
static struct sim_options options_of(const struct command *command,
                                     uint64_t seed)
{
    return (struct sim_options){ .seed = seed,
                                 .days = (int64_t)command->days,
                                 .clocks = seed % 2 == 1,
                                 .environments = seed % 3 == 0,
                                 .forgets = seed % 4 >= 2,
                                 .to_ms = NEVER_MS };
}

/* ---- one process ---- */

static void run_seed(struct sim *sim, struct files *files,
                     const struct command *command, uint64_t seed,
                     struct tally *tally)
{
    const struct sim_options options = options_of(command, seed);
    sim_run(sim, files, &options);
    tally_take(tally, sim);
    if (seed % TWICE && command->seeds > 1)
        return;
    uint64_t hash = sim->hash;
    sim_run(sim, files, &options);
    tally->again++;
    tally->differed += hash != sim->hash;
}

static void run_share(const struct command *command, uint64_t first,
                      uint64_t step, struct tally *tally)
{
    static struct sim sim;
    struct files *files = files_new();
    uint64_t from = command->seed ? command->seed : 1;
    for (uint64_t i = first; i < command->seeds; i += step)
        run_seed(&sim, files, command, from + i, tally);
    sim_close(&sim);
    files_free(files);
}

/* ---- all of them ---- */

struct share {
    pid_t process;
    int pipe;
};

static struct share share_begin(const struct command *command, uint64_t first,
                                uint64_t step)
{
    int ends[2];
    if (pipe(ends))
        abort();
    fflush(stdout);
    pid_t process = fork();
    if (process) {
        close(ends[1]);
        return (struct share){ process, ends[0] };
    }
    static struct tally tally;
    close(ends[0]);
    run_share(command, first, step, &tally);
    const char *at = (const char *)&tally;
    size_t left = sizeof tally;
    while (left) {
        ssize_t written = write(ends[1], at, left);
        if (written <= 0)
            _exit(1);
        at += written;
        left -= (size_t)written;
    }
    _exit(0);
}

static bool share_end(const struct share *share, struct tally *tally)
{
    static struct tally told;
    size_t have = 0;
    ssize_t got;
    while (have < sizeof told && (got = read(share->pipe, (char *)&told + have,
                                             sizeof told - have)) > 0)
        have += (size_t)got;
    int status;
    close(share->pipe);
    waitpid(share->process, &status, 0);
    if (have < sizeof told || status)
        return false;
    tally_add(tally, &told);
    return true;
}

static bool run_all(const struct command *command, struct tally *tally)
{
    struct share shares[PROCESSES_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t count = cores < 1 ? 1 : (uint64_t)cores;
    if (count > PROCESSES_MAX)
        count = PROCESSES_MAX;
    if (count > command->seeds)
        count = command->seeds;
    for (uint64_t i = 0; i < count; i++)
        shares[i] = share_begin(command, i, count);
    bool whole = true;
    for (uint64_t i = 0; i < count; i++)
        whole &= share_end(&shares[i], tally);
    if (!whole)
        printf("a process died: an assertion, or worse, in one of the seeds\n");
    return whole;
}

/* ---- what is told ---- */

static void tell(const struct command *command, uint64_t seed, int64_t from_ms,
                 int64_t to_ms)
{
    struct sim_options options = options_of(command, seed);
    static struct sim sim;
    struct files *files = files_new();
    options.told = true;
    options.from_ms = from_ms;
    options.to_ms = to_ms;
    sim_run(&sim, files, &options);
    sim_close(&sim);
    sim = (struct sim){ 0 };
    files_free(files);
}

static void print_found(const struct command *command,
                        const struct found *found, bool trace)
{
    const struct breach *breach = &found->breach;
    printf("\nseed %" PRIu64 ", commit %s: %s %s\n", found->seed,
           command->commit, breach->promise, breach->text);
    printf("replay: ./dev sim --seed %" PRIu64 " --days %" PRIu64 "\n",
           found->seed, command->days);
    if (trace)
        tell(command, found->seed, breach->at_ms - AROUND_MS,
             breach->at_ms + AROUND_MS);
}

/* The interval is longer than any life: each slot of `daily` is run, once,
 * though no process lives for more than a minute. */
static int run_starts(void)
{
    static struct sim sim;
    struct files *files = files_new();
    const struct sim_options options = {
        .seed = 1, .days = 8, .gentle = true, .to_ms = NEVER_MS
    };
    sim_run(&sim, files, &options);
    printf("%u starts in %" PRId64 " days: %" PRIu64
           " slots of a job of a day were due, %" PRIu64
           " were run, %u promises were broken\n",
           sim.worker.life, options.days, sim.daily_due, sim.daily_ok,
           sim.breach_count);
    for (uint32_t i = 0; i < sim.breach_count; i++)
        printf("%s %s\n", sim.breaches[i].promise, sim.breaches[i].text);
    bool good = !sim.breach_count && sim.daily_due >= 7 &&
                sim.daily_ok == sim.daily_due;
    sim_close(&sim);
    files_free(files);
    return good ? 0 : 1;
}

static int run_and_tell(const struct command *command)
{
    static struct tally tally;
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    bool whole = run_all(command, &tally);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds = (double)(ended.tv_sec - began.tv_sec) +
                     (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    /* A kind that a long run never met is a hole in it. */
    uint64_t days = command->seeds * command->days;
    uint64_t least = days >= 300000 ? 1000 : days >= 6000 ? 50 : 0;
    bool enough = tally_print(&tally, (int64_t)command->days, least, seconds);
    if (command->to_ms)
        tell(command, command->seed, (int64_t)command->from_ms,
             (int64_t)command->to_ms);
    for (uint32_t i = 0; i < tally.found_count && !command->to_ms; i++)
        print_found(command, &tally.found[i], i < TRACES_MAX);
    return whole && enough && !tally.breaches && !tally.differed ? 0 : 1;
}

/* ---- the command line ---- */

static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static bool read_command(int argc, char **argv, struct command *ret)
{
    const struct {
        const char *name;
        uint64_t *place;
    } numbers[] = { { "--seeds", &ret->seeds },
                    { "--days", &ret->days },
                    { "--seed", &ret->seed },
                    { "--from", &ret->from_ms },
                    { "--to", &ret->to_ms } };
    for (int i = 1; i < argc; i++) {
        bool mutants = !strcmp(argv[i], "--mutants");
        bool starts = !strcmp(argv[i], "--starts");
        bool known = mutants || starts;
        ret->mutants |= mutants;
        ret->starts |= starts;
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
            if (!strcmp(argv[i], numbers[n].name) && i + 1 < argc &&
                read_number(argv[i + 1], numbers[n].place)) {
                known = true;
                i++;
                break;
            }
        if (!known)
            return false;
    }
    if (!ret->seeds)
        ret->seeds = ret->seed ? 1 : 200;
    return ret->days > 0 && ret->days <= 3650 &&
           (!ret->to_ms || ret->seeds == 1);
}

int main(int argc, char **argv)
{
    const char *commit = getenv("COMMIT");
    struct command command = { .days = 30,
                               .commit = commit ? commit : "unknown" };
    if (!read_command(argc, argv, &command)) {
        fprintf(stderr, "sim [--seeds N] [--days D] [--seed S] "
                        "[--from MS --to MS] [--starts] [--mutants]\n");
        return 64;
    }
    if (command.mutants)
        return planted_find();
    return command.starts ? run_starts() : run_and_tell(&command);
}
