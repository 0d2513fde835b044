/* calendar "name" { days }: days that jobs may except. */
#ifndef SCRIPT_LIB_CALENDAR_H
#define SCRIPT_LIB_CALENDAR_H

#include "loader.h"

/* Sets the field `calendar` of the table on top of the stack. */
void lib_calendar_open(lua_State *L);

/* The name where the value at `index` is what `calendar` returned, else NULL;
 * it lives as long as the value. */
const char *calendar_named(lua_State *L, int index);

/* A date, or a date and time of which the date counts as it is written,
 * whatever the offset: backends send both. */
bool calendar_read_day(const char *text, size_t len, int32_t *ret_day);

/* Appends to a list that grows by realloc. */
void calendar_add_day(int32_t **days, uint32_t *count, uint32_t *cap,
                      int32_t day);

/* Sorts, drops what is there twice, and keeps a copy in the arena. */
const struct calendar *calendar_keep(struct loader *loader, const char *name,
                                     int32_t *days, uint32_t count);

/* The same for days that a job names itself: equal lists are one calendar. NULL
 * where there are too many with the named ones. */
const struct calendar *calendar_own(struct loader *loader, int32_t *days,
                                    uint32_t count);

/* Says once that a calendar which jobs name is not declared. */
struct calendar_decl;
void calendar_blame(struct loader *loader, struct calendar_decl *decl);

#endif
