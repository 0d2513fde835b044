/* What each action looks like in a trace. */
#include "tell.h"

static const char *const reload_names[] = {
    [RELOAD_DONE] = "done",
    [RELOAD_UNCHANGED] = "unchanged",
    [RELOAD_STALE] = "stale",
    [RELOAD_SUPERSEDED] = "superseded",
    [RELOAD_LOAD_FAILED] = "load failed",
    [RELOAD_FETCH_FAILED] = "fetch failed",
    [RELOAD_STOPPING] = "stopping",
    [RELOAD_BUSY] = "busy",
};

/* The time of day; stories that cross midnight count on. */
static void tell_time(struct text *trace, struct wall at, bool fine)
{
    int64_t ms = at.ms % DAY_MS;
    text_printf(trace, "%02d:%02d:%02d", (int)(ms / 3600000),
                (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
    if (fine || ms % 1000)
        text_printf(trace, ".%03d", (int)(ms % 1000));
}

static void tell_report(struct text *trace, const struct reload_report *report)
{
    text_printf(trace, "generation %u: +%u ~%u -%u =%u", report->generation,
                report->diff.added, report->diff.changed, report->diff.removed,
                report->diff.unchanged);
}

static void tell_load(struct text *trace, const struct action *act)
{
    text_printf(trace, "load %u: jobs %s in \"%s\"%s%s", act->load.generation,
                act->load.enable_jobs ? "on" : "off", act->load.environment,
                act->load.unconfirmed ? ", unconfirmed" : "",
                act->load.force ? ", forced" : "");
}

static void tell_pass(struct text *trace, const struct action *act)
{
    text_printf(trace, "pass %s %s %s", act->pass.job->name,
                verdict_names[act->pass.verdict], why_names[act->pass.why]);
    if (act->pass.count > 1)
        text_printf(trace, " %lld slots", (long long)act->pass.count);
    text_puts(trace, " slot ");
    tell_time(trace, act->pass.first, false);
    if (act->pass.count == 1)
        return;
    text_puts(trace, " to ");
    tell_time(trace, act->pass.last, false);
}

/* What is not as on any day: a run made up, tried again, or claimed again. */
static void tell_start(struct text *trace, struct checker *checker,
                       const struct run_note *note)
{
    text_printf(trace, "start %s #%u slot ", note->job->name,
                checker_number(checker, note->run));
    tell_time(trace, note->key.slot, false);
    if (note->trigger != TRIGGER_SCHEDULE)
        text_printf(trace, ", %s", trigger_names[note->trigger]);
    if (note->attempt > 1)
        text_printf(trace, ", attempt %u", note->attempt);
    if (note->epoch > 1)
        text_printf(trace, ", epoch %u", note->epoch);
}

static void tell_finish(struct text *trace, struct checker *checker,
                        const struct action *act)
{
    const struct run_note *note = &act->finish.note;
    uint32_t number = checker_number(checker, note->run);
    text_printf(trace, "finish %s ", note->name);
    if (number) {
        text_printf(trace, "#%u ", number);
    } else {
        text_puts(trace, "slot ");
        tell_time(trace, note->key.slot, false);
        text_putc(trace, ' ');
    }
    text_puts(trace, verdict_names[act->finish.verdict]);
    if (act->finish.why != WHY_NONE)
        text_printf(trace, " (%s)", why_names[act->finish.why]);
    if (number)
        text_printf(trace, " %lld ms", (long long)act->finish.took_ms);
}

static void tell_cancel(struct text *trace, uint32_t number,
                        const char *because)
{
    if (number)
        text_printf(trace, "cancel #%u: %s", number, because);
    else
        text_printf(trace, "cancel a hook: %s", because);
}

static void tell_run(struct text *trace, struct checker *checker,
                     const struct action *act)
{
    switch (act->kind) {
    case ACT_START:
        tell_start(trace, checker, &act->note);
        break;
    case ACT_CANCEL:
        tell_cancel(trace, checker_number(checker, act->cancel.note.run),
                    act->cancel.because);
        break;
    case ACT_WAKE:
        text_printf(trace, "wake #%u", checker_number(checker, act->wake.run));
        break;
    case ACT_AGAIN:
        text_printf(trace, "again #%u in %lld ms, after attempt %u",
                    checker_number(checker, act->note.run),
                    (long long)act->note.pause_ms, act->note.attempt);
        break;
    case ACT_ACCEPTED:
        text_printf(trace, "accepted #%u, %lld ms left",
                    checker_number(checker, act->note.run),
                    (long long)act->note.left_ms);
        break;
    case ACT_POLL:
        text_printf(trace, "poll #%u", checker_number(checker, act->note.run));
        break;
    case ACT_HOOK:
        text_printf(trace, "hook %s %u after %s", act->note.job->name,
                    act->note.function, verdict_names[act->note.ended]);
        break;
    case ACT_BEAT:
        text_printf(trace, "beat %s", act->note.job->name);
        break;
    case ACT_FINISH:
        tell_finish(trace, checker, act);
        break;
    default:
        text_printf(trace, "%s %s slot ",
                    act->kind == ACT_DROP    ? "drop"
                    : act->kind == ACT_CLAIM ? "claim"
                                             : "wait",
                    act->note.job->name);
        tell_time(trace, act->note.key.slot, false);
        break;
    }
}

static void tell_order(struct text *trace, const struct order_report *report)
{
    text_printf(trace, "ordered %s %s", order_verb_names[report->verb],
                order_names[report->outcome]);
    if (report->verb != VERB_RESUME && report->verb != VERB_BACKFILL)
        return;
    text_printf(trace, ", %lld run, %lld missed", (long long)report->runs,
                (long long)report->missed);
    if (report->done > 0 || report->waiting > 0)
        text_printf(trace, ", %lld done, %lld waiting", (long long)report->done,
                    (long long)report->waiting);
    if (report->last.ms != NEVER_MS) {
        text_puts(trace, ", ");
        tell_time(trace, report->first, false);
        text_puts(trace, " to ");
        tell_time(trace, report->last, false);
    }
    text_puts(trace, report->more ? ", more" : "");
}

static void tell_circuit(struct text *trace, const struct action *act)
{
    text_printf(trace, "circuit \"%s\" %s", act->circuit.origin,
                act->circuit.open ? trouble_names[act->circuit.trouble]
                                  : "closed");
    if (act->circuit.status)
        text_printf(trace, " %u", act->circuit.status);
    if (act->circuit.open)
        text_printf(trace, " for %lld ms", (long long)act->circuit.cool_ms);
    if (act->circuit.times > 1)
        text_printf(trace, ", %u times", act->circuit.times);
}

void tell(struct text *trace, struct wall now, struct checker *checker,
          const struct action *act)
{
    tell_time(trace, now, true);
    text_putc(trace, ' ');
    switch (act->kind) {
    case ACT_FETCH:
        text_printf(trace, "fetch%s%s", act->fetch.booting ? ", booting" : "",
                    act->fetch.believe_older ? ", older too" : "");
        break;
    case ACT_LOAD:
        tell_load(trace, act);
        break;
    case ACT_SWAP:
        text_puts(trace, "swap ");
        tell_report(trace, &act->swap.report);
        break;
    case ACT_REPLY:
        text_printf(trace, "reply %llu %s, ",
                    (unsigned long long)act->reply.asker,
                    reload_names[act->reply.report.outcome]);
        tell_report(trace, &act->reply.report);
        break;
    case ACT_WAIT:
    case ACT_CLAIM:
    case ACT_START:
    case ACT_ACCEPTED:
    case ACT_POLL:
    case ACT_AGAIN:
    case ACT_CANCEL:
    case ACT_FINISH:
    case ACT_DROP:
    case ACT_HOOK:
    case ACT_BEAT:
    case ACT_WAKE:
        tell_run(trace, checker, act);
        break;
    case ACT_PASS:
        tell_pass(trace, act);
        break;
    case ACT_RETIRE:
        text_printf(trace, "retire %u", act->retire.generation);
        break;
    case ACT_JUMP:
        text_printf(trace, "jump %lld ms", (long long)act->jump.by_ms);
        break;
    case ACT_PAUSE:
        text_printf(trace, "pause %s until ", act->pause.job);
        tell_time(trace, act->pause.until, false);
        break;
    case ACT_RESUME:
        text_printf(trace, "resume %s", act->pause.job);
        break;
    case ACT_ORDERED:
        tell_order(trace, &act->ordered);
        break;
    case ACT_CIRCUIT:
        tell_circuit(trace, act);
        break;
    case ACT_LANES:
        text_puts(trace, act->lanes.forget ? "lanes, forget" : "lanes");
        break;
    case ACT_DONE:
        text_puts(trace, "done");
        break;
    }
    text_putc(trace, '\n');
}
