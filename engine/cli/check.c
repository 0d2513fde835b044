/* `mooncron check`: is the file valid? */
#include <stdio.h>
#include <unistd.h>

#include "args.h"
#include "display.h"
#include "mooncron/origin.h"
#include "subject.h"
#include "verbs.h"
#include "warnings.h"
#include "writing.h"

static const struct args_option options[] = {
    SUBJECT_OPTIONS,
    { "json", 0, NULL, "as JSON; docs/cli.md has its fields" },
    { "plain", 0, NULL, "each mistake as one line" },
    { "strict", 0, NULL, "exit code 3 where there are warnings" },
};

static const struct args_verb verb = {
    .name = "check",
    .about = "Loads the file as production would, or as --env says, and tells\n"
             "every mistake in it at once, and what plan would warn of.\n"
             "Nothing is asked of the backend.\n"
             "The file is MOONCRON_FILE or scripts/schedules.lua.\n"
             "Exit code: 0 valid, 3 as below, 78 not valid.\n",
    .operands = "[file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

static void say(const struct subject *subject, uint32_t warnings, bool more)
{
    uint32_t jobs = jobset_count(subject->set);
    printf("%s: %u job%s, no mistakes", subject->file, jobs,
           jobs == 1 ? "" : "s");
    if (warnings)
        printf(", %u warning%s", warnings, warnings == 1 ? "" : "s");
    putchar('\n');
    for (uint32_t i = 0; more && i < jobset_file_count(subject->set); i++)
        printf("  read %s\n", jobset_file(subject->set, i)->path);
}

/* ---- warnings ---- */

static bool is_allowed(const void *whose, const char *url)
{
    return origins_number(whose, url) <= ORIGINS_MAX;
}

/* By the environment of this command; where that is wrong, it was said. */
static void find_origins(const struct subject *subject, struct mistakes *ret)
{
    struct error ignored;
    const struct http_config http = config_http(&subject->config);
    struct origins *origins = origins_new(http.backend_url, http.allow_hosts,
                                          http.https_only, &ignored);
    if (!origins)
        return;
    warnings_find_origins(subject->set, is_allowed, origins, ret);
    mistakes_sort(ret);
    origins_free(origins);
}

/* None where the file is not valid. */
static void find(const struct subject *subject, struct mistakes *ret)
{
    bool ascii = display_is_ascii(STDERR_FILENO);
    *ret = (struct mistakes){ 0 };
    if (!subject->set)
        return;
    warnings_find(subject->set, subject->environment, subject->now, ascii, ret);
    find_origins(subject, ret);
}

static void show(const struct mistakes *warnings, bool colour)
{
    struct text out;
    text_init(&out, 1 << 24);
    for (uint32_t i = 0; i < warnings->count; i++) {
        warning_render(&warnings->items[i], colour, &out);
        text_putc(&out, '\n');
    }
    fputs(out.data, stderr);
    text_close(&out);
}

static int code_of(int code, const struct mistakes *warnings,
                   const struct args *args)
{
    bool strict = args_value(args, "strict") && warnings->total;
    return code == EXIT_OK && strict ? EXIT_WARNINGS : code;
}

/* ---- for machines ---- */

static void text_field(struct text *out, const char *name, const char *value)
{
    text_printf(out, ", \"%s\": ", name);
    if (*value)
        writing_quote(out, value);
    else
        text_puts(out, "null");
}

/* 0 is what is not known. */
static void number_field(struct text *out, const char *name, uint32_t value)
{
    if (value)
        text_printf(out, ", \"%s\": %u", name, value);
    else
        text_printf(out, ", \"%s\": null", name);
}

static void mistake_put(const struct mistake *mistake, struct text *out)
{
    text_puts(out, "\n    { \"code\": ");
    writing_quote(out, mistake->code);
    text_field(out, "message", mistake->message);
    text_field(out, "file", mistake->file);
    number_field(out, "line", mistake->line);
    number_field(out, "column", mistake->column);
    text_field(out, "label", mistake->label);
    text_field(out, "help", mistake->help);
    text_field(out, "note", mistake->note);
    text_puts(out, " }");
}

static void list_put(const char *name, const struct mistakes *list,
                     struct text *out)
{
    text_printf(out, ",\n  \"%s\": [", name);
    for (uint32_t i = 0; i < list->count; i++) {
        text_puts(out, i ? "," : "");
        mistake_put(&list->items[i], out);
    }
    text_puts(out, list->count ? "\n  ]" : "]");
}

static void json(const struct subject *subject, const struct mistakes *warnings)
{
    const struct mistakes *mistakes = subject_mistakes(subject);
    struct text out;
    text_init(&out, 1 << 24);
    text_puts(&out, "{\n  \"version\": 1,\n  \"file\": ");
    writing_quote(&out, subject->file);
    if (subject->set)
        text_printf(&out, ",\n  \"jobs\": %u", jobset_count(subject->set));
    else
        text_puts(&out, ",\n  \"jobs\": null");
    text_printf(&out, ",\n  \"errors\": %u", mistakes->total);
    list_put("mistakes", mistakes, &out);
    list_put("warnings", warnings, &out);
    text_puts(&out, "\n}\n");
    fputs(out.data, stdout);
    text_close(&out);
}

static void lines_put(const struct mistakes *list, struct text *out)
{
    for (uint32_t i = 0; i < list->count; i++) {
        mistake_line(&list->items[i], out);
        text_putc(out, '\n');
    }
}

static void plain(const struct subject *subject,
                  const struct mistakes *warnings)
{
    struct text out;
    text_init(&out, 1 << 24);
    lines_put(subject_mistakes(subject), &out);
    lines_put(warnings, &out);
    fputs(out.data, stdout);
    text_close(&out);
}

/* Where the file was not even read, that was said, and there is nothing to
 * print. */
static int check_for_machines(const struct args *args)
{
    struct subject subject;
    int code;
    struct mistakes warnings;
    bool good = subject_try(&subject, args, 0, SUBJECT_FIXED, &code);
    find(&subject, &warnings);
    if (good || subject_mistakes(&subject)->count)
        (args_value(args, "json") ? json : plain)(&subject, &warnings);
    code = code_of(code, &warnings, args);
    mistakes_clear(&warnings);
    subject_close(&subject);
    return code;
}

static int check(const struct args *args)
{
    struct subject subject;
    struct mistakes warnings;
    int code;
    bool good = subject_open(&subject, args, 0, SUBJECT_FIXED, &code);
    find(&subject, &warnings);
    if (good && !args_value(args, "quiet")) {
        say(&subject, warnings.total, args_value(args, "verbose") != NULL);
        show(&warnings, args_colour(args, STDERR_FILENO));
    }
    code = code_of(code, &warnings, args);
    mistakes_clear(&warnings);
    subject_close(&subject);
    return code;
}

int cli_check(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    bool as_json = args_value(&args, "json"),
         as_lines = args_value(&args, "plain");
    if (as_json && as_lines)
        return args_refuse(&args, "--json and --plain exclude each other");
    return as_json || as_lines ? check_for_machines(&args) : check(&args);
}
