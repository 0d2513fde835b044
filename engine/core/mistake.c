/* A mistake is shown the way a good compiler shows one: what, where, and a
 * caret under the place. */
#include "mooncron/mistake.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

#define BOLD  "\033[1m"
#define RED   "\033[1;31m"
#define BLUE  "\033[1;34m"
#define PLAIN "\033[0m"

/* ---- rendering ---- */

struct page {
    const struct mistake *mistake;
    bool colour;
    struct text *text;
    int gutter; /* columns of the line numbers */
};

static void paint(const struct page *page, const char *colour)
{
    if (page->colour)
        text_puts(page->text, colour);
}

static int digits(uint32_t number)
{
    int count = 1;
    while (number /= 10)
        count++;
    return count;
}

static void put_title(const struct page *page)
{
    const struct mistake *m = page->mistake;
    bool warning = m->code[0] == 'W';
    paint(page, warning ? BOLD : RED);
    text_printf(page->text, "%s[%s]", warning ? "warning" : "error", m->code);
    paint(page, PLAIN);
    text_printf(page->text, ": %s\n", m->message);
}

static void put_place(const struct page *page)
{
    const struct mistake *m = page->mistake;
    paint(page, BLUE);
    text_puts(page->text, "  --> ");
    paint(page, PLAIN);
    text_puts(page->text, m->file);
    if (m->line)
        text_printf(page->text, ":%u", (unsigned)m->line);
    if (m->line && m->column)
        text_printf(page->text, ":%u", (unsigned)m->column);
    text_putc(page->text, '\n');
}

static void put_gutter(const struct page *page, uint32_t line)
{
    paint(page, BLUE);
    if (line)
        text_printf(page->text, "%*u |", page->gutter, (unsigned)line);
    else
        text_printf(page->text, "%*s |", page->gutter, "");
    paint(page, PLAIN);
}

static void put_source(const struct page *page, uint32_t line,
                       const char *source)
{
    put_gutter(page, line);
    text_printf(page->text, " %s\n", source);
}

/* As wide as what stands before the column; a tab stays one, so that the caret
 * stands under its place whatever a tab is wide. */
static void put_indent(const struct page *page)
{
    const char *at = page->mistake->source;
    uint32_t bytes = page->mistake->column ? page->mistake->column - 1 : 0;
    for (uint32_t i = 0; i < bytes && at[i]; i++)
        if (at[i] == '\t')
            text_putc(page->text, '\t');
        else if (((unsigned char)at[i] & 0xc0) != 0x80)
            text_putc(page->text, ' ');
}

static void put_carets(const struct page *page)
{
    const struct mistake *m = page->mistake;
    put_gutter(page, 0);
    text_putc(page->text, ' ');
    put_indent(page);
    paint(page, RED);
    text_fill(page->text, '^', m->width);
    if (m->label[0])
        text_printf(page->text, " %s", m->label);
    paint(page, PLAIN);
    text_putc(page->text, '\n');
}

static void put_lines(const struct page *page)
{
    const struct mistake *m = page->mistake;
    put_gutter(page, 0);
    text_putc(page->text, '\n');
    if (m->opener_line) {
        put_source(page, m->opener_line, m->opener);
        if (m->opener_line + 1 < m->line)
            text_printf(page->text, "%*s...\n", page->gutter + 1, "");
    }
    put_source(page, m->line, m->source);
    if (m->width)
        put_carets(page);
}

/* One "= name:" each for the lines of `lines`. */
static void put_notes(const struct page *page, const char *name,
                      const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        text_printf(page->text, "%*s = %s: ", page->gutter, "", name);
        text_add(page->text, lines, len);
        text_putc(page->text, '\n');
        lines += len + (lines[len] == '\n');
    }
}

void mistake_render(const struct mistake *mistake, bool colour,
                    struct text *text)
{
    const struct page page = { mistake, colour, text, digits(mistake->line) };
    put_title(&page);
    if (mistake->file[0])
        put_place(&page);
    if (mistake->line && mistake->source[0])
        put_lines(&page);
    put_notes(&page, "help", mistake->help);
    put_notes(&page, "note", mistake->note);
}

void mistake_line(const struct mistake *mistake, struct text *text)
{
    text_printf(text, "%s %s", mistake->code, mistake->file);
    if (mistake->line)
        text_printf(text, ":%u", (unsigned)mistake->line);
    if (mistake->line && mistake->column)
        text_printf(text, ":%u", (unsigned)mistake->column);
    text_printf(text, ": %s", mistake->message);
    if (mistake->label[0])
        text_printf(text, " (%s)", mistake->label);
}

/* ---- lists ---- */

/* The strings of a mistake, for copying and freeing them alike. */
static const char **mistake_string(struct mistake *mistake, size_t i)
{
    const char **const strings[] = {
        &mistake->code,   &mistake->message, &mistake->file, &mistake->source,
        &mistake->opener, &mistake->label,   &mistake->help, &mistake->note,
    };
    return i < sizeof strings / sizeof *strings ? strings[i] : NULL;
}

void mistakes_add(struct mistakes *list, const struct mistake *mistake)
{
    list->total++;
    if (list->count == MISTAKES_MAX)
        return;
    if (list->count % 16 == 0)
        list->items =
            memory_resize(list->items, list->count + 16, sizeof *list->items);
    struct mistake *copy = &list->items[list->count++];
    *copy = *mistake;
    const char **string;
    for (size_t i = 0; (string = mistake_string(copy, i)); i++)
        *string = memory_string(*string);
}

static int mistake_order(const struct mistake *a, const struct mistake *b)
{
    int files = strcmp(a->file, b->file);
    if (files)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* By insertion: few, mostly in order, and equal ones keep theirs. */
void mistakes_sort(struct mistakes *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        struct mistake moved = list->items[i];
        uint32_t at = i;
        for (; at > 0 && mistake_order(&list->items[at - 1], &moved) > 0; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

void mistakes_clear(struct mistakes *list)
{
    for (uint32_t m = 0; m < list->count; m++) {
        const char **string;
        for (size_t i = 0; (string = mistake_string(&list->items[m], i)); i++)
            free((char *)(uintptr_t)*string);
    }
    free(list->items);
    *list = (struct mistakes){ 0 };
}
