/* The table of verbs: what the program can be told to do. */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "mooncron/suggest.h"

const struct verb verbs[] = {
    { "check", cli_check, VERB_LOOK, "is the file valid?", "mooncron check" },
    { "plan", cli_plan, VERB_LOOK, "what would run, and when",
      "mooncron plan --env staging" },
    { "next", cli_next, VERB_LOOK, "upcoming times of a job or expression",
      "mooncron next feed-rank -n 5" },
    { "explain", cli_explain, VERB_LOOK, "an expression, job or code, in words",
      "mooncron explain \"30 2 * * *\"" },
    { "run", cli_run, VERB_RUN, "start the daemon in the foreground",
      "mooncron run" },
    { "demo", cli_demo, VERB_RUN, "the daemon and a stand-in backend",
      "mooncron demo" },
    { "status", cli_status, VERB_TALK, "jobs, last and next runs",
      "mooncron status" },
    { "logs", cli_logs, VERB_TALK, "runs, and what was not run",
      "mooncron logs feed-rank -n 20" },
    { "why", cli_why, VERB_TALK, "why it ran, did not, or will",
      "mooncron why feed-rank" },
    { "trigger", cli_trigger, VERB_TALK, "run a job now",
      "mooncron trigger feed-rank --wait" },
    { "pause", cli_pause, VERB_TALK, "do not run a job for some time",
      "mooncron pause feed-rank --for 2h" },
    { "resume", cli_resume, VERB_TALK, "run it again",
      "mooncron resume feed-rank" },
    { "backfill", cli_backfill, VERB_TALK, "run old slots of a job",
      "mooncron backfill feed-rank --from ..." },
    { "reload", cli_reload, VERB_TALK, "load the file and Settings again",
      "mooncron reload" },
    { "version", cli_version, VERB_OTHER, NULL, NULL },
    { "help", cli_help, VERB_OTHER, NULL, NULL },
    { "backend", cli_backend, VERB_HIDDEN, NULL, NULL },
};
const size_t verb_count = sizeof verbs / sizeof verbs[0];

/* What people type who know other programs. */
static const struct {
    const char *word, *verb;
} aliases[] = {
    { "--dry-run", "plan" },    { "--help", "help" }, { "-h", "help" },
    { "--version", "version" }, { "-V", "version" },
};

static const char *alias(const char *word)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(word, aliases[i].word) == 0)
            return aliases[i].verb;
    return word;
}

const struct verb *verb_find(const char *word)
{
    const char *names[sizeof verbs / sizeof verbs[0]];
    word = alias(word);
    for (size_t i = 0; i < verb_count; i++) {
        if (strcmp(word, verbs[i].name) == 0)
            return &verbs[i];
        names[i] = verbs[i].name;
    }
    const char *near = suggest_or_prefix(word, names, verb_count);
    fprintf(stderr, "mooncron: unknown command \"%.64s\"", word);
    if (near)
        fprintf(stderr, ", did you mean \"%s\"?", near);
    fputs("\n  = help: mooncron help\n", stderr);
    return NULL;
}
