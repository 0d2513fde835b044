/* The words for how slots end, as people and machines read them. */
#include "mooncron/verdict.h"

#include <stddef.h>

const char *const verdict_names[VERDICTS] = { "ok", "failed", "unknown",
                                              "skipped", "missed" };

const char *const why_names[WHYS] = {
    [WHY_NONE] = "",
    [WHY_OVERLAP] = "overlap",
    [WHY_GROUP_FULL] = "group_full",
    [WHY_REMOVED] = "removed",
    [WHY_STOPPING] = "stopping",
    [WHY_SUPERSEDED] = "superseded",
    [WHY_LATE] = "late",
    [WHY_DOWN] = "down",
    [WHY_PAUSED] = "paused",
    [WHY_CLOCK] = "clock",
    [WHY_STORE] = "store",
    [WHY_CIRCUIT] = "circuit",
    [WHY_MIN_GAP] = "min_gap",
    [WHY_MAX_RUNS] = "max_runs",
    [WHY_REPLACED] = "replaced",
    [WHY_DEADLINE] = "deadline",
    [WHY_CANCELLED] = "cancelled",
    [WHY_NEXT_SLOT] = "next_slot",
    [WHY_NO_TIME] = "no_time",
    [WHY_DRAINING] = "draining",
    [WHY_RETRY_ON] = "retry_on",
    [WHY_FINAL] = "final",
};

const char *why_no_more(enum verdict verdict, enum why why)
{
    static const char *const clauses[WHYS] = {
        [WHY_REMOVED] = "the job had gone out of the schedule",
        [WHY_CIRCUIT] = "the circuit of its origin was open",
        [WHY_NEXT_SLOT] = "the next slot would come before it",
        [WHY_NO_TIME] = "the deadline would come before it",
        [WHY_DRAINING] = "the worker had been told to stop",
        [WHY_RETRY_ON] = "retry.on does not name what failed",
        [WHY_FINAL] = "it would fail the same way",
    };
    return verdict == VERDICT_FAILED || verdict == VERDICT_UNKNOWN
               ? clauses[why]
               : NULL;
}

const char *const trigger_names[TRIGGERS] = { "schedule", "catch_up", "manual",
                                              "backfill" };

const char *const cause_names[CAUSES] = {
    [CAUSE_NONE] = "",           [CAUSE_NETWORK] = "network",
    [CAUSE_TIMEOUT] = "timeout", [CAUSE_BUSY] = "busy",
    [CAUSE_SERVER] = "server",   [CAUSE_CLIENT] = "client",
    [CAUSE_DENIED] = "denied",   [CAUSE_SCRIPT] = "script",
    [CAUSE_SETUP] = "setup",
};
