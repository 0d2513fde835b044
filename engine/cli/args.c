/* The arguments of a verb are matched against its table, left to right. */
#include "args.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/duration.h"
#include "mooncron/suggest.h"

static const char *const colours[] = { "auto", "always", "never" };

/* What every verb understands, after its own options. */
static const struct args_option common[] = {
    { "color", 0, "WHEN", "auto, always or never" },
    { "quiet", 'q', NULL, "say only what is wrong" },
    { "verbose", 'v', NULL, "say more" },
    { "help", 'h', NULL, "this page" },
};
#define COMMON (sizeof common / sizeof common[0])

static size_t option_count(const struct args_verb *verb)
{
    return verb->option_count + COMMON;
}

static const struct args_option *option_at(const struct args_verb *verb,
                                           size_t i)
{
    return i < verb->option_count ? &verb->options[i]
                                  : &common[i - verb->option_count];
}

/* The index of an option, or option_count(). */
static size_t option_find(const struct args_verb *verb, const char *name,
                          size_t len)
{
    size_t count = option_count(verb);
    for (size_t i = 0; i < count; i++) {
        const char *known = option_at(verb, i)->name;
        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return i;
    }
    return count;
}

static size_t letter_find(const struct args_verb *verb, char letter)
{
    size_t i = 0;
    while (i < option_count(verb) && option_at(verb, i)->letter != letter)
        i++;
    return i;
}

int args_refuse(const struct args *args, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "mooncron %s: ", args->verb->name);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n  = help: mooncron %s --help\n", args->verb->name);
    va_end(list);
    return EXIT_USAGE;
}

static int refuse_unknown(const struct args *args, const char *name, size_t len)
{
    const char *words[ARGS_OPTIONS_MAX];
    char word[65];
    size_t count = option_count(args->verb);
    for (size_t i = 0; i < count; i++)
        words[i] = option_at(args->verb, i)->name;
    snprintf(word, sizeof word, "%.*s", len < 64 ? (int)len : 64, name);
    const char *near = suggest_or_prefix(word, words, count);
    if (near)
        return args_refuse(args, "unknown option --%s, did you mean --%s?",
                           word, near);
    return args_refuse(args, "unknown option --%s", word);
}

static void help_line(const struct args_option *option)
{
    char left[40];
    int len = option->letter
                  ? snprintf(left, sizeof left, "-%c, --%s", option->letter,
                             option->name)
                  : snprintf(left, sizeof left, "    --%s", option->name);
    if (option->value)
        snprintf(left + len, sizeof left - (size_t)len, " %s", option->value);
    printf("  %-26s %s\n", left, option->help);
}

static void help_print(const struct args_verb *verb)
{
    printf("Usage: mooncron %s [options]%s%s\n\n%s\n", verb->name,
           *verb->operands ? " " : "", verb->operands, verb->about);
    for (size_t i = 0; i < option_count(verb); i++)
        help_line(option_at(verb, i));
}

/* What one look at `argv[*at]` came to. */
struct match {
    size_t option;
    const char *value; /* NULL: the next argument is it, if one is wanted */
};

/* False where it is no known option. */
static bool match_option(const struct args *args, const char *word,
                         struct match *ret)
{
    ret->value = NULL;
    if (word[1] != '-') {
        ret->option = letter_find(args->verb, word[1]);
        if (word[2])
            ret->value = word + 2;
        return word[1] && ret->option < option_count(args->verb);
    }
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
    ret->option = option_find(args->verb, word + 2, len);
    if (equals)
        ret->value = equals + 1;
    return ret->option < option_count(args->verb);
}

static int refuse_word(const struct args *args, const char *word)
{
    if (word[1] != '-')
        return args_refuse(args, "unknown option %s", word);
    return refuse_unknown(args, word + 2, strcspn(word + 2, "="));
}

/* Takes the option at `argv[*at]` and its value; EXIT_OK, or the refusal. */
static int take_option(struct args *args, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    struct match match;
    if (!match_option(args, word, &match))
        return refuse_word(args, word);
    const struct args_option *option = option_at(args->verb, match.option);
    if (!option->value) {
        if (match.value)
            return args_refuse(args, "--%s takes no value, in %s", option->name,
                               word);
        args->values[match.option] = "";
        return EXIT_OK;
    }
    if (args->values[match.option])
        return args_refuse(args, "--%s is given twice", option->name);
    if (!match.value && *at + 1 == argc)
        return args_refuse(args, "--%s wants a value: %s", option->name,
                           option->help);
    args->values[match.option] = match.value ? match.value : argv[++*at];
    return EXIT_OK;
}

static int take_operand(struct args *args, const char *word)
{
    if (args->operand_count >= args->verb->operands_max)
        return args_refuse(args, "cannot use \"%s\": %s", word,
                           args->verb->operands_max == 0
                               ? "it takes no argument"
                               : "one argument too many");
    args->operands[args->operand_count++] = word;
    return EXIT_OK;
}

static int take_all(struct args *args, int argc, char **argv)
{
    bool ended = false; /* "--" came */
    for (int i = 1; i < argc; i++) {
        int code = EXIT_OK;
        if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (!ended && argv[i][0] == '-' && argv[i][1])
            code = take_option(args, argc, argv, &i);
        else
            code = take_operand(args, argv[i]);
        if (code != EXIT_OK)
            return code;
    }
    return EXIT_OK;
}

bool args_read(struct args *args, const struct args_verb *verb, int argc,
               char **argv, int *ret_code)
{
    assert(option_count(verb) <= ARGS_OPTIONS_MAX);
    assert(verb->operands_max <= ARGS_OPERANDS_MAX);
    *args = (struct args){ .verb = verb };
    int code = take_all(args, argc, argv);
    unsigned when = 0;
    if (code == EXIT_OK && args_value(args, "help")) {
        help_print(verb);
        *ret_code = EXIT_OK;
        return false;
    }
    if (code == EXIT_OK && args->operand_count < verb->operands_min)
        code = args_refuse(args, "an argument is missing: %s", verb->operands);
    if (code == EXIT_OK && !args_choice(args, "color", colours, 3, &when))
        code = EXIT_USAGE;
    *ret_code = code;
    return code == EXIT_OK;
}

const char *args_value(const struct args *args, const char *name)
{
    size_t i = option_find(args->verb, name, strlen(name));
    assert(i < option_count(args->verb));
    return args->values[i];
}

bool args_number(const struct args *args, const char *name, double min,
                 double max, bool whole, double *ret)
{
    const char *text = args_value(args, name);
    if (!text)
        return true;
    char *end;
    double value = strtod(text, &end);
    bool good = end != text && !*end && value >= min && value <= max;
    if (!good || (whole && value != floor(value))) {
        args_refuse(args, "--%s wants a %snumber from %g to %.10g, not \"%s\"",
                    name, whole ? "whole " : "", min, max, text);
        return false;
    }
    *ret = value;
    return true;
}

bool args_duration(const struct args *args, const char *name, int64_t min_ms,
                   int64_t max_ms, int64_t *ret_ms)
{
    const char *text = args_value(args, name);
    int64_t ms;
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    if (!text)
        return true;
    if (duration_parse(text, strlen(text), &ms) == DURATION_OK &&
        ms >= min_ms && ms <= max_ms) {
        *ret_ms = ms;
        return true;
    }
    args_refuse(args,
                "--%s wants a duration with its unit, from %s to %s, such as "
                "\"90m\" or \"24h\", not \"%s\"",
                name, duration_format(min_ms, low),
                duration_format(max_ms, high), text);
    return false;
}

bool args_choice(const struct args *args, const char *name,
                 const char *const *words, size_t count, unsigned *ret)
{
    const char *text = args_value(args, name);
    if (!text)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = (unsigned)i;
            return true;
        }
    }
    char allowed[128] = "";
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(allowed);
        snprintf(allowed + len, sizeof allowed - len, "%s%s", i ? ", " : "",
                 words[i]);
    }
    args_refuse(args, "--%s cannot be \"%s\"; allowed: %s", name, text,
                allowed);
    return false;
}

bool args_colour(const struct args *args, int fd)
{
    unsigned when = 0;
    args_choice(args, "color", colours, 3, &when);
    const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR");
    const char *term = getenv("TERM");
    if (when > 0)
        return when == 1;
    if (no && *no)
        return false;
    if (force && *force)
        return strcmp(force, "0") != 0;
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}
