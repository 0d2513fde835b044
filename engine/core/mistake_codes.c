/* What each code means, at length: `mooncron explain E110`. */
#include <string.h>

#include "mooncron/mistake.h"

static const struct {
    const char *code, *title, *text;
} codes[] = {
    { "E100", "syntax error",
      "The file is not Lua, so nothing in it could be read. Lua names the "
      "place\n"
      "where it gave up; the cause is often the line before: a comma that is\n"
      "missing between two options, a brace or an `end` that is not there." },
    { "E101", "error while loading",
      "The file is Lua, but running it failed: something was called that is "
      "no\n"
      "function, or nil was indexed, or error() was called. The file runs "
      "once,\n"
      "from top to bottom, before any job is scheduled." },
    { "E102", "a file cannot be read",
      "The schedule file, or a module that it requires, is not there, is not\n"
      "readable, is larger than 16 MiB, or lies outside the schedule file's\n"
      "folder." },
    { "E104", "unknown option",
      "An option of job, defaults or group is not known, or a field of an "
      "option\n"
      "that is a table. They are checked by name so that a typo cannot "
      "silently\n"
      "switch something off. The list is in docs/lua-api.md." },
    { "E105", "value not allowed",
      "An option takes one of a few words, or a number in a range, and got\n"
      "something else. An answer of 4xx but 408, 425 and 429 is never "
      "repeated." },
    { "E106", "unknown environment",
      "`only` names an environment that no multiplier rule knows and that is\n"
      "not one of production, staging, development, dev, test or the current\n"
      "one. A job for an environment that never comes would never run." },
    { "E107", "wrong type",
      "An option got a value of another type than it takes, such as a table\n"
      "where a text is wanted." },
    { "E108", "missing or contradictory options",
      "A job needs exactly one schedule (every, cron, at, any or next) and "
      "exactly\n"
      "one thing to do: a target (post, get, put or delete) or a function "
      "(run).\n"
      "Some options go only with some schedules: gap and fold with fixed times "
      "of\n"
      "day, on_excluded with `except`, scale = \"nth\" with cron or at; a max "
      "with\n"
      "overlap = \"allow\" and with catch_up = \"all\"; what retry waits for "
      "with more\n"
      "than one attempt." },
    { "E110", "a duration without a unit",
      "A bare number says nothing about its unit: 1440 may be minutes or\n"
      "milliseconds. Write \"1440m\", \"24h\" or \"1d\"." },
    { "E111", "duration out of range",
      "A duration is zero, negative, below what makes sense, or larger than\n"
      "what the option takes. An interval is at least one second." },
    { "E112", "unreadable duration",
      "A duration is one or more numbers with units, without spaces: \"90s\",\n"
      "\"15m\", \"1h30m\", \"2d\". Units: ms s m h d w." },
    { "E113", "bad cron expression",
      "An expression has 5 fields: minute, hour, day of the month, month, day "
      "of\n"
      "the week; or 6, with the second first; or it is one of @yearly "
      "@annually\n"
      "@monthly @weekly @daily @midnight @hourly. One that can never be due, "
      "such\n"
      "as 30 February, is refused too. The dialect is told in docs/time.md;\n"
      "`mooncron explain` says in words what an expression means." },
    { "E114", "bad target",
      "A target is a path below BACKEND_URL and starts with /, or an absolute\n"
      "URL of an origin that MOONCRON_ALLOW_HOSTS lists, without a user name; "
      "a\n"
      "heartbeat is such a URL." },
    { "E115", "bad header, query or body",
      "Header names are tokens and values have no control characters; headers\n"
      "that mooncron sends itself cannot be set; a query is a table of names\n"
      "and scalars; a body is what JSON can say." },
    { "E116", "bad date or time",
      "A time of day is \"08:00\" or \"08:00:30\", a date \"2026-12-31\", and "
      "both\n"
      "together \"2026-12-31T23:00\", in the job's time zone. `from` and `to` "
      "take\n"
      "an offset, too: \"2026-12-31T23:00:00Z\". Years go from 1 to 9999; no "
      "minute\n"
      "has 61 seconds. A day off is a date, a day of the week or a calendar." },
    { "E117", "unknown time zone",
      "A zone has the name that the tz database gives it, in its letters:\n"
      "\"Europe/Bucharest\", \"UTC\". Offsets (\"+02:00\") and POSIX strings\n"
      "(\"EET-2EEST\") are no zones: they do not know when clocks change. The "
      "data\n"
      "are the system's (TZDIR, else /usr/share/zoneinfo): install tzdata "
      "where\n"
      "there are none." },
    { "E118", "a schedule that is never due",
      "`to` is before `from`, or `except` takes every day away, or no slot "
      "lies\n"
      "between the bounds. A job that can never run is a mistake; one whose "
      "time\n"
      "is over is none." },
    { "E119", "a `next` that does not answer",
      "next = function(previous) gets a time in whole seconds since 1970 and\n"
      "returns the next time, which is later. It is asked while the file "
      "loads, "
      "for\n"
      "400 days ahead. The same question has the same answer, so it cannot "
      "read "
      "a\n"
      "clock; and there are at most 20,000 answers ahead, 200,000 in all." },
    { "E120", "unknown field of Settings",
      "The Settings that the backend sends have no such field. A typo would\n"
      "read nil, and nil is false: a job could be off for months." },
    { "E121", "variable not listed",
      "env reads only variables that MOONCRON_SCRIPT_ENV names, so that a\n"
      "script never sees a secret by accident." },
    { "E122", "unknown name",
      "A name is neither declared in the file nor part of the vocabulary. "
      "Much\n"
      "of Lua's standard library is left out on purpose: no io, no "
      "os.execute,\n"
      "no load." },
    { "E123", "assignment to a global",
      "Globals are frozen: a typo in an assignment would go unnoticed. Write\n"
      "`local` before the name." },
    { "E130", "declared twice",
      "Two jobs, two groups or two calendars have the same name. The name is "
      "the\n"
      "job's identity across reloads." },
    { "E131", "group or calendar not declared",
      "A job names a group or a calendar that the file does not declare. It "
      "may\n"
      "do so above the job or below it." },
    { "E132", "bad name",
      "A name is 1 to 128 letters, digits and . _ : -, and begins with a "
      "letter\n"
      "or a digit." },
    { "E133", "a declaration without its table",
      "job \"name\" is followed by a table of options: job \"name\" { ... }. "
      "A\n"
      "calendar is followed by a list of dates." },
    { "E140", "input or output while loading",
      "Loading only declares, so that `plan` and `check` are always safe. "
      "Calls\n"
      "belong into run = function(ctx) ... end." },
    { "E150", "loading took too long",
      "The file did not finish within its budget of time. Loading 10,000 jobs\n"
      "takes some 20 ms: look for a loop that does not end." },
    { "E151", "too much memory",
      "The file wanted more memory than a script gets (256 MB)." },
    { "E152", "recursion too deep",
      "A function calls itself without an end, or a text is nested too "
      "deeply." },
    { "E160", "bad multiplier",
      "A multiplier is a finite number above 0. Of a function rule the answer "
      "is\n"
      "checked for every job; nil leaves it to the next rule. `default` is "
      "what\n"
      "counts for an environment that no rule names." },
    { "W201", "many jobs start in the same minute",
      "Five or more jobs start in the same minute of the next day: the "
      "backend\n"
      "is idle, and then it is not. phase = \"auto\", in `defaults` or in a\n"
      "job, spreads the starts of intervals by a stable hash of each name; a\n"
      "jitter does the same for times of day. The picture shows the hour, as\n"
      "it is and as phase = \"auto\" would make it." },
    { "W202", "timeout not below the interval",
      "A run may still be going when the next slot comes, which is then\n"
      "skipped." },
    { "W203", "retries run past the next start",
      "Where every attempt takes its whole timeout, and each pause between "
      "them "
      "is\n"
      "as long as it may be, the last attempt ends after the next slot is due. "
      "A\n"
      "retry never goes past the next slot, so the later ones would not be "
      "made.\n"
      "Fewer attempts, a shorter timeout or backoff, or a deadline mend it; "
      "where\n"
      "the next slot is as good as a retry, write retry = false." },
    { "W204", "a rare job without catch_up",
      "The slots of the job are a day or more apart. A worker that is down, or "
      "is\n"
      "started anew, at the wrong minute loses one of them, and the next comes "
      "a\n"
      "day later. catch_up = \"12h\" runs it late, if by no more than that; "
      "where a\n"
      "missed day does not matter, catch_up = false says so, to whoever reads "
      "the\n"
      "file and to this warning." },
    { "W205", "a time that a clock change hides or repeats",
      "On the day on which a clock is set forward some times of day do not\n"
      "exist, and where it is set back some come twice. A job with such a "
      "time\n"
      "still runs once unless its `gap` or `fold` says otherwise, but not at\n"
      "the time that was written. A time outside of that hour avoids it, and\n"
      "so does timezone = \"UTC\"." },
    { "W206", "a long interval with phase = \"auto\"",
      "phase = \"auto\" spreads jobs over their whole interval. Of a day or "
      "more\n"
      "that may be noon. Pin it: a phase counts from midnight UTC, and `at`\n"
      "goes by the clock of the zone." },
    { "W207", "always without scale = false",
      "A job that always runs is mostly a heartbeat, and a multiplier would "
      "slow\n"
      "it down where a monitor expects it." },
    { "W208", "default multiplier used",
      "No rule names the environment: is it spelt as the backend spells it?" },
    { "W209", "two jobs make the same call",
      "Two jobs call the same endpoint with the same body." },
    { "W210", "never runs here",
      "`only` leaves the job out in this environment." },
    { "W211", "either day field matches",
      "Both day fields of a cron expression are restricted, and one of them\n"
      "begins with *, as in \"0 5 */2 * SUN\". Here it is due on each day "
      "that\n"
      "one of them names, as in most schedulers. Vixie cron and cronie, which\n"
      "crontabs are written for, want both to match then." },
    { "W212", "catch_up that changes nothing",
      "The newest slot of a job is run as on any day where it is at most 30 s\n"
      "late: a window of no more than that adds nothing. And policy = \"all\" "
      "runs\n"
      "each slot within the window: where that is shorter than the interval "
      "there\n"
      "is never more than one in it, which is what \"once\" runs." },
    { "W213", "a timeout above the deadline",
      "A deadline is for all attempts of a run together, and the pauses "
      "between.\n"
      "It lets no further one begin, and ends none that is under way: with a\n"
      "timeout above it the first attempt alone may take longer." },
    { "W214", "a group that limits nothing",
      "No job names the group; or one alone does, and has one run at a time\n"
      "anyway, unless its overlap is \"allow\"." },
    { "W215", "a URL that may not be called",
      "Its origin is neither BACKEND_URL's nor one that MOONCRON_ALLOW_HOSTS\n"
      "lists, so no call goes there: a run would fail, and a heartbeat be "
      "silent.\n"
      "`check` looks at its own environment, the worker at its own. What a\n"
      "function calls is not known before it does." },
    { "R302", "the script did not yield",
      "A run held the script for 2 s without http.* or sleep. All runs of a\n"
      "schedule share one Lua state: work that long belongs into the "
      "backend.\n"
      "Inside a pattern, or a handler of an error, Lua cannot be interrupted: "
      "then\n"
      "the script host is killed after 5 s, all its runs fail, and the file "
      "is\n"
      "loaded again." },
};

const char *mistake_explain(const char *code, const char **ret_title)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i].code, code) != 0)
            continue;
        *ret_title = codes[i].title;
        return codes[i].text;
    }
    return NULL;
}
