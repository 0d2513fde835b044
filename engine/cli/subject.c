/* A subject is opened step by step; the first step that fails ends it. */
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coming.h"
#include "errand.h"
#include "mooncron/civil.h"

static const char *const switches[] = { "off", "on" };

/* ---- what the environment and the options say ---- */

/* Without the network a wrong variable harms nobody: it is only told. */
static int read_config(struct subject *subject, bool network)
{
    struct text problems;
    text_init(&problems, 1 << 16);
    bool good = config_read(&subject->config, &problems);
    if (!good)
        fprintf(stderr, "%s%s", network ? "" : "warning: ", problems.data);
    text_close(&problems);
    return good || !network ? EXIT_OK : EXIT_CONFIG;
}

/* Only verbs that look at one moment have --now. */
static int read_now(struct subject *subject, const struct args *args, bool flag)
{
    const char *text = flag ? args_value(args, "now") : NULL;
    subject->now = coming_now();
    if (text && !rfc3339_parse(text, strlen(text), &subject->now))
        return args_refuse(args,
                           "--now wants a time like 2026-11-23T14:07:31Z, not "
                           "\"%s\"",
                           text);
    return EXIT_OK;
}

/* ---- Settings ---- */

static int complain_fetch(const struct subject *subject,
                          const struct args *args, enum fetch_outcome outcome,
                          const char *why)
{
    struct error ignored;
    struct settings *copy = settings_load(
        subject->config.state_directory, subject->config.backend_url, &ignored);
    fprintf(stderr,
            "mooncron %s: %s\n"
            "  = help: try --env production",
            args->verb->name, why);
    if (copy) {
        struct civil at = civil_from(copy->fetched, 0);
        fprintf(stderr, ", or --offline for the cached Settings of %02d:%02d",
                at.hour, at.minute);
    }
    fputc('\n', stderr);
    settings_free(copy);
    return outcome == FETCH_REFUSED ? EXIT_REFUSED : EXIT_UNAVAILABLE;
}

static int from_file(struct subject *subject, const struct args *args,
                     const char *path)
{
    struct error error = { "" };
    subject->source = "file";
    subject->settings = settings_read(path, &error);
    if (subject->settings)
        return EXIT_OK;
    fprintf(stderr, "mooncron %s: --settings: %s\n", args->verb->name,
            error.text);
    return EXIT_CONFIG;
}

static int from_cache(struct subject *subject, const struct args *args)
{
    struct error error = { "" };
    const char *folder = subject->config.state_directory;
    subject->source = "cache";
    subject->settings =
        settings_load(folder, subject->config.backend_url, &error);
    if (subject->settings)
        return EXIT_OK;
    fprintf(stderr, "mooncron %s: no Settings are kept in %s%s%s\n",
            args->verb->name, folder, error.text[0] ? ": " : "", error.text);
    return EXIT_UNAVAILABLE;
}

static int from_backend(struct subject *subject, const struct args *args)
{
    struct error error = { "" };
    enum fetch_outcome outcome;
    subject->source = "backend";
    subject->settings = errand_settings(&subject->config, &outcome, &error);
    return subject->settings
               ? EXIT_OK
               : complain_fetch(subject, args, outcome, error.text);
}

/* Everybody's Settings where nothing but flags says something. */
static int from_flags(struct subject *subject)
{
    subject->source = "flag";
    subject->settings = settings_none();
    return EXIT_OK;
}

static int overrule(struct subject *subject, const struct args *args,
                    enum subject_settings kind)
{
    const char *env = args_value(args, "env");
    bool flags = strcmp(subject->source, "flag") == 0;
    subject->facts = subject->settings->facts;
    if (!env && flags && kind == SUBJECT_FIXED)
        env = "production";
    unsigned jobs = flags || subject->facts.enable_jobs;
    if (!args_choice(args, "jobs", switches, 2, &jobs))
        return EXIT_USAGE;
    if (env && !environment_good(env, strlen(env)))
        return args_refuse(args,
                           "--env wants 1 to %d letters, digits, . _ or -, not "
                           "\"%s\"",
                           ENVIRONMENT_MAX, env);
    if (env)
        snprintf(subject->facts.environment, sizeof subject->facts.environment,
                 "%s", env);
    subject->facts.enable_jobs = jobs == 1;
    subject->environment = subject->facts.environment[0]
                               ? subject->facts.environment
                               : subject->config.node_env;
    return EXIT_OK;
}

/* ---- the load ---- */

static void complain_mistakes(const struct mistakes *mistakes, bool colour)
{
    struct text text;
    text_init(&text, 1 << 24);
    for (uint32_t i = 0; i < mistakes->count; i++) {
        mistake_render(&mistakes->items[i], colour, &text);
        text_putc(&text, '\n');
    }
    fputs(text.data, stderr);
    text_close(&text);
    fprintf(stderr, "%u error%s", mistakes->total,
            mistakes->total == 1 ? "" : "s");
    if (mistakes->total > mistakes->count)
        fprintf(stderr, " (%u shown)", mistakes->count);
    fputs(". Nothing was loaded.\n", stderr);
}

static int load(struct subject *subject, const struct args *args)
{
    char *json = settings_overlay(subject->settings, subject->facts.enable_jobs,
                                  subject->facts.environment);
    struct host_load request = { .path = subject->file,
                                 .environment = subject->environment,
                                 .settings = json,
                                 .zones = subject->config.zones,
                                 .now = subject->now,
                                 .enable_jobs = subject->facts.enable_jobs };
    request.vars = config_script_vars(&subject->config, &request.var_count);
    load_file(&request, subject->config.load_timeout_ms, &subject->loaded);
    free(json);
    subject->set = subject->loaded.set;
    if (subject->set)
        return EXIT_OK;
    if (!subject->loaded.mistakes.count)
        fprintf(stderr, "mooncron %s: %s was not loaded: %s\n",
                args->verb->name, subject->file, subject->loaded.failure.text);
    return EXIT_CONFIG;
}

static int read_settings(struct subject *subject, const struct args *args,
                         enum subject_settings kind)
{
    bool live = kind == SUBJECT_LIVE;
    const char *path = args_value(args, "settings");
    bool offline = live && args_value(args, "offline");
    if (path && offline)
        return args_refuse(args, "--settings and --offline exclude each other");
    bool network = live && !path && !offline && !args_value(args, "env");
    int code = read_config(subject, network);
    if (code != EXIT_OK)
        return code;
    if (path)
        return from_file(subject, args, path);
    if (offline)
        return from_cache(subject, args);
    return network ? from_backend(subject, args) : from_flags(subject);
}

static int open_all(struct subject *subject, const struct args *args,
                    unsigned file, enum subject_settings kind)
{
    int code = read_now(subject, args, kind == SUBJECT_LIVE);
    if (code == EXIT_OK)
        code = read_settings(subject, args, kind);
    if (code == EXIT_OK)
        code = overrule(subject, args, kind);
    if (code != EXIT_OK)
        return code;
    subject->file = file < args->operand_count ? args->operands[file]
                                               : subject->config.file;
    return load(subject, args);
}

bool subject_try(struct subject *subject, const struct args *args,
                 unsigned file, enum subject_settings settings, int *ret_code)
{
    *subject = (struct subject){ .source = "flag" };
    *ret_code = open_all(subject, args, file, settings);
    return *ret_code == EXIT_OK;
}

bool subject_open(struct subject *subject, const struct args *args,
                  unsigned file, enum subject_settings settings, int *ret_code)
{
    bool good = subject_try(subject, args, file, settings, ret_code);
    if (subject->loaded.mistakes.count)
        complain_mistakes(&subject->loaded.mistakes,
                          args_colour(args, STDERR_FILENO));
    return good;
}

const struct mistakes *subject_mistakes(const struct subject *subject)
{
    return &subject->loaded.mistakes;
}

void subject_close(struct subject *subject)
{
    load_result_close(&subject->loaded);
    settings_free(subject->settings);
    config_close(&subject->config);
    *subject = (struct subject){ 0 };
}
