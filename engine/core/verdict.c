/* The words for how slots end, as people and machines read them. */
#include "mooncron/verdict.h"

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
};

const char *const trigger_names[TRIGGERS] = { "schedule", "catch_up", "manual",
                                              "backfill" };

const char *const cause_names[CAUSES] = {
    [CAUSE_NONE] = "",           [CAUSE_NETWORK] = "network",
    [CAUSE_TIMEOUT] = "timeout", [CAUSE_BUSY] = "busy",
    [CAUSE_SERVER] = "server",   [CAUSE_CLIENT] = "client",
    [CAUSE_DENIED] = "denied",   [CAUSE_SCRIPT] = "script",
    [CAUSE_SETUP] = "setup",
};
