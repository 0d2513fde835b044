/* One word says the kind of a schedule, the rest is as the file has it. */
#include "schedule_text.h"

#include "mooncron/duration.h"

static bool is_at(const struct term *term)
{
    return term->kind == TERM_AT || term->kind == TERM_ONCE;
}

static bool all_at(const struct rules_spec *spec)
{
    for (uint32_t i = 0; i < spec->term_count; i++)
        if (!is_at(&spec->terms[i]))
            return false;
    return true;
}

static void put_times(const struct rules_spec *spec, struct text *out)
{
    text_puts(out, "at ");
    for (uint32_t i = 0; i < spec->term_count; i++)
        text_printf(out, "%s%s", i ? ", " : "", spec->terms[i].text);
}

static void put_rules(const struct rules_spec *spec, struct text *out)
{
    char every[DURATION_TEXT_MAX];
    if (all_at(spec))
        put_times(spec, out);
    else if (spec->term_count > 1)
        text_printf(out, "any of %u", (unsigned)spec->term_count);
    else if (spec->terms[0].kind == TERM_CRON)
        text_printf(out, "cron %s", spec->terms[0].text);
    else if (spec->terms[0].kind == TERM_EVERY)
        text_printf(out, "every %s",
                    duration_format(spec->terms[0].every_ms, every));
    else
        text_puts(out, "next()");
}

void schedule_text(const struct job *job, struct text *out)
{
    char every[DURATION_TEXT_MAX];
    if (job->schedule.every_ms)
        text_printf(out, "every %s",
                    duration_format(job->base_every_ms, every));
    else
        put_rules(rules_spec(job->schedule.rules), out);
}
