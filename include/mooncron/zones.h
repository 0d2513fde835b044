/* The zones of the system: files of tzdata, each read once. */
#ifndef MOONCRON_ZONES_H
#define MOONCRON_ZONES_H

#include <stdbool.h>
#include <stddef.h>

#include "mooncron/error.h"
#include "mooncron/zone.h"

#define ZONES_FOLDER "/usr/share/zoneinfo"

struct zones;

/* Reads nothing yet; the path is copied. NULL: ZONES_FOLDER. */
struct zones *zones_new(const char *folder);
void zones_free(struct zones *zones); /* NULL is fine */

/* The zone of that name. One reference is the caller's, and outlives the cache.
 * NULL and a sentence where the name is none (zone_name_fault), or its file is
 * not there, is no plain file or is not one that zone_read() accepts; that is
 * not remembered. "UTC" is there without a file. */
struct zone *zones_get(struct zones *zones, const char *name,
                       struct error *reterr);

/* Whether a file that was read is another one now, or gone. */
bool zones_changed(const struct zones *zones);
/* Drops what was read: from now on files are read anew. */
void zones_forget(struct zones *zones);

/* What follows is read from the folder's tzdata.zi, and lives until
 * zones_forget(); without that file there is no name and no version. */

/* "2025b", or "" where it is not known. */
const char *zones_version(struct zones *zones);

/* How many names there are, links included, and the array of them. */
size_t zones_names(struct zones *zones, const char *const **ret_names);

/* The name that was probably meant: the same in other letters, the same city,
 * or one that is spelled nearly so: "europe/bucharest", "Bucharest" and
 * "Europa/Bukarest" are "Europe/Bucharest". NULL where nothing is near. */
const char *zones_suggest(struct zones *zones, const char *wrong,
                          char buffer[ZONE_NAME_MAX + 1]);

#endif
