/* `mooncron check`: is the file valid? */
#include <stdio.h>

#include "args.h"
#include "display.h"
#include "subject.h"
#include "verbs.h"

static const struct args_option options[] = {
    SUBJECT_OPTIONS,
    { "json", 0, NULL, "as JSON; docs/cli.md has its fields" },
    { "plain", 0, NULL, "each mistake as one line" },
};

static const struct args_verb verb = {
    .name = "check",
    .about = "Loads the file as production would, or as --env says, and tells\n"
             "every mistake in it at once. Nothing is asked of the backend.\n"
             "The file is MOONCRON_FILE or scripts/schedules.lua.\n"
             "Exit code: 0 valid, 78 not.\n",
    .operands = "[file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

static void say(const struct subject *subject, bool more)
{
    uint32_t jobs = jobset_count(subject->set);
    printf("%s: %u job%s, no mistakes\n", subject->file, jobs,
           jobs == 1 ? "" : "s");
    for (uint32_t i = 0; more && i < jobset_file_count(subject->set); i++)
        printf("  read %s\n", jobset_file(subject->set, i)->path);
}

/* ---- for machines ---- */

static void text_field(struct text *out, const char *name, const char *value)
{
    text_printf(out, ", \"%s\": ", name);
    if (*value)
        display_json(out, value);
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
    display_json(out, mistake->code);
    text_field(out, "message", mistake->message);
    text_field(out, "file", mistake->file);
    number_field(out, "line", mistake->line);
    number_field(out, "column", mistake->column);
    text_field(out, "label", mistake->label);
    text_field(out, "help", mistake->help);
    text_field(out, "note", mistake->note);
    text_puts(out, " }");
}

static void json(const struct subject *subject)
{
    const struct mistakes *mistakes = subject_mistakes(subject);
    struct text out;
    text_init(&out, 1 << 24);
    text_puts(&out, "{\n  \"version\": 1,\n  \"file\": ");
    display_json(&out, subject->file);
    if (subject->set)
        text_printf(&out, ",\n  \"jobs\": %u", jobset_count(subject->set));
    else
        text_puts(&out, ",\n  \"jobs\": null");
    text_printf(&out, ",\n  \"errors\": %u,\n  \"mistakes\": [",
                mistakes->total);
    for (uint32_t i = 0; i < mistakes->count; i++) {
        text_puts(&out, i ? "," : "");
        mistake_put(&mistakes->items[i], &out);
    }
    text_puts(&out, mistakes->count ? "\n  ]\n}\n" : "]\n}\n");
    fputs(out.data, stdout);
    text_close(&out);
}

static void plain(const struct subject *subject)
{
    const struct mistakes *mistakes = subject_mistakes(subject);
    struct text out;
    text_init(&out, 1 << 24);
    for (uint32_t i = 0; i < mistakes->count; i++) {
        mistake_line(&mistakes->items[i], &out);
        text_putc(&out, '\n');
    }
    fputs(out.data, stdout);
    text_close(&out);
}

/* Where the file was not even read, that was said, and there is nothing to
 * print. */
static int check_for_machines(const struct args *args)
{
    struct subject subject;
    int code;
    bool good = subject_try(&subject, args, 0, SUBJECT_FIXED, &code);
    if (good || subject_mistakes(&subject)->count)
        (args_value(args, "json") ? json : plain)(&subject);
    subject_close(&subject);
    return code;
}

static int check(const struct args *args)
{
    struct subject subject;
    int code;
    if (subject_open(&subject, args, 0, SUBJECT_FIXED, &code) &&
        !args_value(args, "quiet"))
        say(&subject, args_value(args, "verbose") != NULL);
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
