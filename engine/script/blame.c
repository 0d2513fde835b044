/* Mistakes are made here, with their lines of source beside them. */
#include "blame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 512

/* A line of source as a string of the arena. */
static const char *line_text(struct loader *loader, const char *file,
                             uint32_t line)
{
    size_t len;
    const char *bytes =
        source_line(sources_find(&loader->sources, file), line, &len);
    if (len > 400) /* nobody reads on */
        len = 400;
    return arena_copy(&loader->arena, bytes, len);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void add(struct loader *loader, struct mistake *mistake,
                const struct advice *advice, const char *format, va_list args)
{
    char message[MESSAGE_MAX];
    vsnprintf(message, sizeof message, format, args);
    mistake->message = message;
    mistake->label = or_empty(advice ? advice->label : NULL);
    mistake->help = or_empty(advice ? advice->help : NULL);
    mistake->note = or_empty(advice ? advice->note : NULL);
    mistake->source =
        mistake->line ? line_text(loader, mistake->file, mistake->line) : "";
    mistake->opener = mistake->opener_line ? line_text(loader, mistake->file,
                                                       mistake->opener_line)
                                           : "";
    mistakes_add(&loader->mistakes, mistake);
}

void blame_line(struct loader *loader, const char *code, const char *file,
                uint32_t line, const struct advice *advice, const char *format,
                ...)
{
    struct mistake mistake = { .code = code, .file = file, .line = line };
    va_list args;
    va_start(args, format);
    add(loader, &mistake, advice, format, args);
    va_end(args);
}

void blame_whole(struct loader *loader, const char *code, const char *file,
                 uint32_t line, const struct advice *advice, const char *format,
                 ...)
{
    const char *source = line_text(loader, file, line);
    struct mistake mistake = { .code = code, .file = file, .line = line };
    mistake.width = (uint32_t)text_columns(source, strlen(source));
    va_list args;
    va_start(args, format);
    add(loader, &mistake, advice, format, args);
    va_end(args);
}

/* Without a caret there is no place for a label: it becomes a note. */
static struct advice without_label(const struct advice *advice, char note[400])
{
    struct advice moved = advice ? *advice : (struct advice){ .label = "" };
    const char *label = or_empty(moved.label), *more = or_empty(moved.note);
    snprintf(note, 400, "%s%s%s", label, *label && *more ? "\n" : "", more);
    moved.note = note;
    return moved;
}

void blame_spot(struct loader *loader, const char *code, const char *file,
                const struct spot *spot, uint32_t opener,
                const struct advice *advice, const char *format, ...)
{
    struct mistake mistake = { .code = code, .file = file, .line = opener };
    char note[400];
    const struct advice bare = without_label(advice, note);
    if (spot->column) {
        const char *source = line_text(loader, file, spot->line);
        size_t from = spot->column - 1, len = strlen(source);
        size_t left = from < len ? len - from : 0;
        size_t width = spot->width < left ? spot->width : left;
        mistake.line = spot->line;
        mistake.column = spot->column;
        if (width)
            mistake.width = (uint32_t)text_columns(source + from, width);
        mistake.opener_line = opener < spot->line ? opener : 0;
    }
    if (!mistake.width)
        advice = &bare;
    va_list args;
    va_start(args, format);
    add(loader, &mistake, advice, format, args);
    va_end(args);
}

/* ---- errors of Lua ---- */

static void blame_budget(struct loader *loader, const struct vm_place *place)
{
    const struct advice advice = {
        .help = "loading only declares; look for a loop that does not end"
    };
    blame_line(loader, "E150", place->file, place->line, &advice,
               "loading took more than %d s",
               (int)(LOAD_BUDGET_NS / 1000000000));
}

static void blame_memory(struct loader *loader, const struct vm_place *place)
{
    blame_line(loader, "E151", place->line ? place->file : loader->load->path,
               place->line, NULL, "the file wants more memory than %u MB",
               VM_MEMORY_MAX >> 20);
}

/* Anything else that Lua itself, or the script, raised. */
static void blame_raised(struct loader *loader, struct vm_place *place)
{
    const char *text = vm_message(loader->vm->L, place);
    const char *file = place->line ? place->file : loader->load->path;
    if (strstr(text, "stack overflow"))
        blame_line(loader, "E152", file, place->line, NULL,
                   "functions call each other too deeply");
    else
        blame_line(loader, "E101", file, place->line, NULL, "%.*s",
                   (int)strcspn(text, "\n"), text);
}

void blame_error(struct loader *loader, enum vm_status status)
{
    struct vm_place place = loader->vm->place;
    if (status == VM_EXPIRED)
        blame_budget(loader, &place);
    else if (status == VM_MEMORY)
        blame_memory(loader, &place);
    else
        blame_raised(loader, &place);
}

/* ---- syntax ---- */

/* Whether nothing but blanks stands before a spot. */
static bool begins_line(const struct source *source, const struct spot *spot)
{
    size_t len;
    const char *text = source_line(source, spot->line, &len);
    return strspn(text, " \t") + 1 >= spot->column;
}

/* The last line above `line` that holds code, where it may lack a comma; 0. */
static uint32_t line_without_comma(const struct source *source, uint32_t line,
                                   const char **ret_text, size_t *ret_len)
{
    while (--line) {
        size_t len;
        const char *text = source_line(source, line, &len);
        const char *comment = memmem(text, len, "--", 2);
        if (comment)
            len = (size_t)(comment - text);
        while (len && (unsigned char)text[len - 1] <= ' ')
            len--;
        while (len && (unsigned char)*text <= ' ') {
            text++;
            len--;
        }
        if (!len)
            continue;
        *ret_text = text;
        *ret_len = len;
        return strchr(",;{([", text[len - 1]) ? 0 : line;
    }
    return 0;
}

/* The token behind "near", without its quotes. */
static bool near_token(const char *message, char *buffer, size_t size)
{
    const char *near = strstr(message, "near '");
    size_t len = near ? strlen(near) : 0;
    if (len < 8 || near[len - 1] != '\'' || len - 7 >= size)
        return false;
    memcpy(buffer, near + 6, len - 7);
    buffer[len - 7] = '\0';
    return true;
}

/* Whether the word at a spot is given a value, as an option is. */
static bool is_given(const struct source *source, const struct spot *spot,
                     const char *word)
{
    size_t len, at = spot->column - 1 + strlen(word);
    const char *text = source_line(source, spot->line, &len);
    while (at < len && (text[at] == ' ' || text[at] == '\t'))
        at++;
    return at < len && text[at] == '=' &&
           (at + 1 == len || text[at + 1] != '=');
}

void blame_syntax(struct loader *loader, const char *file)
{
    lua_State *L = loader->vm->L;
    const char *text = lua_tostring(L, -1);
    struct vm_place place = { "", 0 };
    const char *mark = text ? strchr(text, ':') : NULL;
    for (; mark && !place.line; mark = strchr(mark + 1, ':'))
        place.line = (uint32_t)strtoul(mark + 1, NULL, 10);
    text = text ? vm_message(L, &place) : "it cannot be compiled";
    const struct source *source = sources_find(&loader->sources, file);
    char token[64] = "", help[256] = "";
    struct spot spot = { 0, 0, 0 };
    if (near_token(text, token, sizeof token))
        spot = source_text(source, place.line, token);
    const char *before;
    size_t len;
    uint32_t line = 0;
    bool comma = source && place.line && strstr(text, "'}' expected");
    if (comma && spot.column && !begins_line(source, &spot))
        snprintf(help, sizeof help, "a comma is probably missing before `%s`",
                 token);
    else if (comma)
        line = line_without_comma(source, place.line, &before, &len);
    if (line)
        snprintf(help, sizeof help,
                 "a comma is probably missing at the end of line %u:  %.*s,",
                 (unsigned)line, (int)(len < 120 ? len : 120), before);
    /* from and to: people look for the other words first */
    bool bound = !strcmp(token, "until") || !strcmp(token, "end");
    if (spot.column && bound && is_given(source, &spot, token))
        snprintf(help, sizeof help,
                 "`%s` is a word of Lua: the option is called `to`", token);
    const struct advice advice = { .help = help };
    if (!spot.column)
        spot.line = place.line;
    if (spot.column)
        blame_spot(loader, "E100", file, &spot, 0, &advice, "syntax error: %s",
                   text);
    else
        blame_line(loader, "E100", file, place.line, &advice,
                   "syntax error: %s", text);
}
