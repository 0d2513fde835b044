/* Frame by frame: nothing that comes is trusted, and rules are made from what
 * was read, with zones of our own. */
#include "intake.h"

#include <stdlib.h>

static bool take_file(struct intake *intake, struct wire_reader *in)
{
    struct file_stamp stamp;
    if (!host_get_file(in, &stamp))
        return false;
    jobset_add_file(intake->set, &stamp);
    return true;
}

static bool take_group(struct intake *intake, struct wire_reader *in)
{
    struct group group;
    return host_get_group(in, &group) &&
           jobset_add_group(intake->set, group.name, group.limit);
}

/* Its calendars came before it. NULL where it says what no host of ours says.
 */
static struct rules *job_rules(struct intake *intake, const struct job *job,
                               struct host_rules *room)
{
    const struct calendar *calendars[SCHEDULE_CALENDARS_MAX];
    struct error err = { "" };
    for (uint32_t i = 0; i < room->spec.calendar_count; i++) {
        if (room->calendars[i] >= jobset_calendar_count(intake->set))
            return NULL;
        calendars[i] = jobset_calendar(intake->set, room->calendars[i]);
    }
    room->spec.calendars = calendars;
    struct zone *zone = zones_get(intake->zones, room->zone, &err);
    if (!zone)
        return NULL;
    struct rules *rules = rules_new(&room->spec, job->name, zone, &err);
    zone_unref(zone);
    return rules;
}

static bool take_job(struct intake *intake, struct wire_reader *in)
{
    struct host_rules *room = intake->room;
    struct job job;
    struct rules *rules = NULL;
    if (!host_get_job(in, &job, room) ||
        (room->there && !(rules = job_rules(intake, &job, room))))
        return false;
    job.schedule.rules = rules;
    if (jobset_add(intake->set, &job))
        return true;
    rules_free(rules);
    return false;
}

static bool take_zone(struct intake *intake, struct wire_reader *in)
{
    const char *name;
    struct error err = { "" };
    struct zone *zone =
        host_get_zone(in, &name) ? zones_get(intake->zones, name, &err) : NULL;
    if (!zone)
        return false;
    jobset_set_zone(intake->set, zone);
    zone_unref(zone);
    return true;
}

static bool take_calendar(struct intake *intake, struct wire_reader *in)
{
    struct calendar calendar;
    int32_t *days;
    bool good = host_get_calendar(in, &calendar, &days) &&
                jobset_add_calendar(intake->set, &calendar);
    free(days);
    return good;
}

static bool take_mistake(struct intake *intake, struct wire_reader *in)
{
    struct mistake mistake;
    if (!host_get_mistake(in, &mistake))
        return false;
    mistakes_add(&intake->mistakes, &mistake);
    return true;
}

static const struct {
    enum host_message type;
    bool (*take)(struct intake *intake, struct wire_reader *in);
} kinds[] = {
    { HOST_FILE, take_file },   { HOST_ZONE, take_zone },
    { HOST_GROUP, take_group }, { HOST_CALENDAR, take_calendar },
    { HOST_JOB, take_job },     { HOST_MISTAKE, take_mistake },
};

bool intake_take(struct intake *intake, struct wire_reader *in)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (in->type == kinds[i].type)
            return kinds[i].take(intake, in);
    return false;
}
