/* Planted bugs live one at a time, each in a process of its own: some are found
 * by an assertion of the core. */
#include "planted.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mooncron/mutant.h"
#include "sim.h"

#ifdef MOONCRON_MUTANTS

#define SEEDS_MAX 600
#define DAYS      10

enum mutant mutant_alive;

static const char *const names[MUTANTS] = {
    [MUTANT_SEND_FIRST] = "a run is sent before its claim is durable",
    [MUTANT_CLAIM_IGNORED] = "a claim that was another's is run all the same",
    [MUTANT_CURSOR_STAYS] = "slots that are passed over do not move the cursor",
    [MUTANT_HELD_UNWRITTEN] = "slots to be made up move it, and have no row",
    [MUTANT_WAIT_PASSED] = "nor has one that waits, when it is passed over",
    [MUTANT_EPOCH_STAYS] = "a run is claimed again under its old epoch",
    [MUTANT_KEY_CHANGES] = "another attempt has another key",
    [MUTANT_ATTEMPT_STAYS] = "what may have been sent of it is sent once more",
    [MUTANT_RETRY_CLIENT] = "what can never succeed is tried again",
    [MUTANT_ENDS_SILENT] = "nobody says why a run was given up",
    [MUTANT_OVERLAP_LOST] = "a reload forgets what is going",
    [MUTANT_PAST_LOST] = "a clock set back repeats what was decided",
    [MUTANT_NO_WINDOW] = "slots are made up however late they are",
    [MUTANT_BURST] = "they are made up all at once",
    [MUTANT_START_BURST] = "and by a worker that has hardly started",
    [MUTANT_FINISH_LOST] = "a verdict is lost while the store is ill",
    [MUTANT_FIRES_ILL] = "slots go by while the store is ill",
    [MUTANT_PAUSE_LOST] = "a restart forgets that a job is paused",
    [MUTANT_NEVER_SHUT] = "a circuit never closes",
    [MUTANT_NEVER_OPEN] = "a circuit never opens",
    [MUTANT_ALL_BLAMED] = "an endpoint that fails holds back all jobs",
    [MUTANT_NONE_BLAMED] = "an origin that does holds back none",
    [MUTANT_OLDER_WINS] = "a webhook that is older counts",
    [MUTANT_LAG_WINS] = "Settings of a replica that lags behind count",
    [MUTANT_GROUP_LEAKS] = "a run that waited takes no room in its group",
    [MUTANT_STOP_CLAIMS] = "a worker that is to stop goes on claiming",
    [MUTANT_NO_SPACING] = "each ask is a fetch of its own",
    [MUTANT_NEVER_RENEWS] = "no lease is renewed",
    [MUTANT_RENEWS_NONE] = "the renewal reaches no row",
    [MUTANT_PRUNES_OPEN] = "what has no verdict is taken away",
    [MUTANT_PRUNES_ALL] = "and so is the newest row of a job",
    [MUTANT_PRUNES_YOUNG] = "and what is not old",
};

/* A world in which nothing is planted has no say: what is found in it is no
 * find. */
static bool is_sound(struct files *files, const struct sim_options *options)
{
    static struct sim sim;
    enum mutant which = mutant_alive;
    mutant_alive = MUTANT_NONE;
    sim_run(&sim, files, options);
    mutant_alive = which;
    return !sim.breach_count;
}

/* 0: found. */
static int live(enum mutant which)
{
    static struct sim sim;
    struct files *files = files_new();
    mutant_alive = which;
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        const struct sim_options options = { .seed = seed,
                                             .days = DAYS,
                                             .clocks = seed % 2 == 1,
                                             .environments = seed % 3 == 0,
                                             .forgets = seed % 4 >= 2 };
        sim_run(&sim, files, &options);
        if (!sim.breach_count || !is_sound(files, &options))
            continue;
        printf("%-52s seed %llu, %s: %s\n", names[which],
               (unsigned long long)seed, sim.breaches[0].promise,
               sim.breaches[0].text);
        fflush(stdout);
        files_free(files);
        return 0;
    }
    printf("%-52s NOT FOUND in %d seeds\n", names[which], SEEDS_MAX);
    fflush(stdout);
    files_free(files);
    return 1;
}

static bool found(enum mutant which)
{
    fflush(stdout);
    pid_t process = fork();
    if (!process)
        _exit(live(which));
    int status;
    waitpid(process, &status, 0);
    if (WIFSIGNALED(status))
        printf("%-52s an assertion of the core\n", names[which]);
    return WIFSIGNALED(status) || !WEXITSTATUS(status);
}

int planted_find(void)
{
    int count = 0;
    for (enum mutant which = MUTANT_NONE + 1; which < MUTANTS; which++)
        count += found(which);
    printf("%d of %d found\n", count, MUTANTS - 1);
    return count == MUTANTS - 1 ? 0 : 1;
}

#else

int planted_find(void)
{
    fprintf(stderr, "no bugs are planted in this build: see sim_mutants\n");
    return 64;
}

#endif
