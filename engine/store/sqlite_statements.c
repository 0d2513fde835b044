/* The statements of the SQLite driver: their SQL, and how they are run. */
#include "sqlite_store.h"

#define ROW_COLUMNS                                                            \
    "slot_ms, kind, job, claimed, no_overlap, run.life, epoch, generation, "   \
    "settings, trigger, attempt, lease_ms, started_ms, ended_ms, verdict, "    \
    "why, cause, status, took_ms, last_ms, slots, error, who "
#define TOLD  "SELECT " ROW_COLUMNS ", coalesce(owner, '') FROM run "
#define OWNED "LEFT JOIN life ON life.id = run.life "

/* A row of a job is in one index until it has ended, and then in another: each
 * question of a job is asked twice. */
#define NEWER                                                                  \
    "newer.job = old.job AND newer.slot_ms >= old.slot_ms "                    \
    "AND (newer.slot_ms > old.slot_ms OR newer.kind > old.kind) "
#define OF_JOB                                                                 \
    "job = ?1 AND slot_ms BETWEEN ?2 AND ?3 AND (slot_ms < ?3 OR kind > ?4) "

static const char *const statement_sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [JOB_ADD] = "INSERT INTO job(id, name) VALUES (?1, ?2)",
    [JOB_EACH] = "SELECT id, name FROM job ORDER BY id",
    [ROW_ADD] = "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
                "?22, ?23) ON CONFLICT DO NOTHING",
    [ROW_GET] = "SELECT " ROW_COLUMNS "FROM run "
                "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3",
    [ROW_PUT] = "UPDATE run SET claimed = ?4, no_overlap = ?5, life = ?6, "
                "epoch = ?7, generation = ?8, settings = ?9, trigger = ?10, "
                "attempt = ?11, lease_ms = ?12, started_ms = ?13, "
                "ended_ms = ?14, verdict = ?15, why = ?16, cause = ?17, "
                "status = ?18, took_ms = ?19, last_ms = ?20, slots = ?21, "
                "error = ?22, who = ?23 "
                "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3",
    /* These two touch no more indices than they must: a claim none, an end
     * those of what is open and what has ended. */
    [ROW_CLAIM] = "UPDATE run SET claimed = 1, no_overlap = ?4, life = ?5, "
                  "epoch = ?6, generation = ?7, settings = ?8, trigger = ?9, "
                  "attempt = ?10, lease_ms = ?11, started_ms = ?12, "
                  "cause = 0, status = 0, error = '', "
                  "who = iif(?13 = '', who, ?13) "
                  "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3 "
                  "AND ended_ms IS NULL AND NOT claimed AND epoch < ?6",
    [ROW_END] = "UPDATE run SET claimed = 0, lease_ms = NULL, attempt = ?5, "
                "ended_ms = ?6, verdict = ?7, why = ?8, cause = ?9, "
                "status = ?10, took_ms = ?11, error = ?12 "
                "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3 "
                "AND ended_ms IS NULL AND epoch = ?4",
    [ROW_RIVAL] = "SELECT 1 FROM run INDEXED BY run_open "
                  "WHERE job = ?1 AND ended_ms IS NULL AND claimed "
                  "AND no_overlap AND life <> ?2 "
                  "AND (slot_ms <> ?3 OR kind <> ?4) LIMIT 1",
    [ROW_STRANGERS] = "SELECT 1 FROM run INDEXED BY run_open "
                      "WHERE ended_ms IS NULL AND life <> ?1 LIMIT 1",
    [ROW_RENEW] = "UPDATE run SET lease_ms = ?2 "
                  "WHERE ended_ms IS NULL AND life = ?1",
    [ROW_COUNT] = "SELECT count(*) FROM run",
    /* As they lie in the index: to put a million in order here costs more than
     * all the rest of a start. */
    [ROW_OPEN] = "SELECT slot_ms, kind, job, claimed, trigger, attempt, epoch, "
                 "generation, cause FROM run INDEXED BY run_open "
                 "WHERE ended_ms IS NULL ORDER BY job, slot_ms, kind",
    /* The newest row of either kind, and the pass that reaches farthest. */
    [ROW_REACH] = "SELECT max(at_ms) FROM (SELECT * FROM ("
                  "SELECT slot_ms AS at_ms FROM run INDEXED BY run_job "
                  "WHERE job = ?1 AND ended_ms IS NOT NULL "
                  "AND slot_ms <= ?2 AND kind <> 1 "
                  "ORDER BY slot_ms DESC LIMIT 1) UNION ALL SELECT * FROM ("
                  "SELECT slot_ms FROM run INDEXED BY run_open "
                  "WHERE job = ?1 AND ended_ms IS NULL "
                  "AND slot_ms <= ?2 AND kind <> 1 "
                  "ORDER BY slot_ms DESC LIMIT 1) UNION ALL SELECT * FROM ("
                  "SELECT min(last_ms, ?2) FROM run INDEXED BY run_passed "
                  "WHERE job = ?1 AND last_ms IS NOT NULL AND slot_ms <= ?2 "
                  "ORDER BY last_ms DESC LIMIT 1))",
    [ROW_OLD] = "SELECT slot_ms, kind, job, "
                "ended_ms IS NOT NULL AND ended_ms < ?4 AND (EXISTS ("
                "SELECT 1 FROM run AS newer INDEXED BY run_job WHERE " NEWER
                "AND newer.ended_ms IS NOT NULL) OR EXISTS ("
                "SELECT 1 FROM run AS newer INDEXED BY run_open WHERE " NEWER
                "AND newer.ended_ms IS NULL)) "
                "FROM run AS old WHERE slot_ms < ?4 "
                "AND (slot_ms, kind, job) > (?1, ?2, ?3) "
                "ORDER BY slot_ms, kind, job",
    [ROW_DROP] = "DELETE FROM run WHERE slot_ms = ?1 AND kind = ?2 "
                 "AND job = ?3",
    [LANE_ADD] = "INSERT INTO lane(job, cursor_ms, digest) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT DO UPDATE SET "
                 "cursor_ms = coalesce(cursor_ms, excluded.cursor_ms), "
                 "digest = excluded.digest",
    [LANE_BACK] = "UPDATE lane SET cursor_ms = ?2, digest = ?3 "
                  "WHERE job = ?1 AND cursor_ms IS NULL",
    [LANE_LEAVE] = "INSERT INTO lane(job, digest) VALUES (?1, ?2) "
                   "ON CONFLICT DO UPDATE SET cursor_ms = NULL, "
                   "digest = excluded.digest "
                   "WHERE cursor_ms IS NOT NULL OR digest <> excluded.digest",
    [LANE_CHANGE] = "UPDATE lane SET cursor_ms = coalesce(?2, cursor_ms), "
                    "started_ms = coalesce(?3, started_ms), runs = runs + ?4 "
                    "WHERE job = ?1",
    [LANE_NEW] = "INSERT INTO lane(job, cursor_ms, started_ms, runs) "
                 "VALUES (?1, ?2, ?3, ?4)",
    [LANE_FAILS] = "INSERT INTO lane(job, fails) VALUES (?1, ?2) "
                   "ON CONFLICT DO UPDATE SET fails = excluded.fails "
                   "WHERE fails <> excluded.fails",
    [LANE_EACH] = "SELECT job, cursor_ms, digest, fails, runs, started_ms "
                  "FROM lane",
    [OFF_ADD] = "INSERT INTO off(job, since_ms, why, generation, environment) "
                "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    [OFF_END] = "UPDATE off SET until_ms = ?2 "
                "WHERE job = ?1 AND until_ms IS NULL",
    [OFF_EACH] = "SELECT since_ms, until_ms, why, generation, environment "
                 "FROM off WHERE job = ?1 ORDER BY since_ms DESC",
    [OFF_FORGET] = "DELETE FROM off WHERE until_ms < ?1",
    [PAUSE_PUT] = "REPLACE INTO pause(job, since_ms, until_ms, who, reason) "
                  "VALUES (?1, ?2, ?3, ?4, ?5)",
    [PAUSE_END] = "DELETE FROM pause WHERE job = ?1",
    [PAUSE_GET] = "SELECT job, since_ms, until_ms, who, reason FROM pause "
                  "WHERE job = ?1",
    [PAUSE_EACH] = "SELECT job, since_ms, until_ms, who, reason FROM pause",
    [LIFE_PUT] = "INSERT INTO life(id, owner, began_ms, seen_ms, ended) "
                 "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
                 "began_ms = excluded.began_ms, seen_ms = excluded.seen_ms, "
                 "ended = excluded.ended",
    [LIFE_LAST] = "SELECT id, ended FROM life ORDER BY id DESC LIMIT 1",
    [LIFE_EACH] = "SELECT id, owner, began_ms, seen_ms, ended FROM life "
                  "ORDER BY id DESC",
    [LIFE_FORGET] = "DELETE FROM life WHERE seen_ms < ?1 AND id < ("
                    "SELECT min(id) FROM ("
                    "SELECT id FROM life ORDER BY id DESC LIMIT ?2))",
    [PLAN_ADD] = "INSERT INTO plan(generation, life, at_ms, settings, "
                 "environment, tzdata, file, jobs) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [PLAN_LAST] = "SELECT generation, life, at_ms, settings, environment, "
                  "tzdata, file, jobs FROM plan "
                  "ORDER BY generation DESC LIMIT 1",
    [PLAN_FORGET] = "DELETE FROM plan WHERE at_ms < ?1 AND generation < ("
                    "SELECT max(generation) FROM plan)",
    [LEASE_GET] = "SELECT life, epoch, until_ms FROM lease WHERE name = ?1",
    [LEASE_PUT] = "REPLACE INTO lease(name, life, epoch, until_ms) "
                  "VALUES (?1, ?2, ?3, ?4)",
    /* A walk through all jobs goes from slot to slot: of one slot there may be
     * as many rows as jobs, and no index has the newest slot first but its
     * kinds and jobs upwards. Of one job a slot has three rows at most. */
    [HISTORY_SLOT] = TOLD OWNED
    "WHERE slot_ms = ?1 AND (kind, job) > (?2, ?3) ORDER BY kind, job",
    [HISTORY_OLDER] =
        "SELECT max(slot_ms) FROM run WHERE slot_ms >= ?1 AND slot_ms < ?2",
    [HISTORY_JOB] = TOLD "INDEXED BY run_job " OWNED "WHERE " OF_JOB
                         "AND ended_ms IS NOT NULL UNION ALL " TOLD
                         "INDEXED BY run_open " OWNED "WHERE " OF_JOB
                         "AND ended_ms IS NULL ORDER BY slot_ms DESC, kind",
    [PASSES] = "SELECT last_ms, slot_ms FROM run INDEXED BY run_passed "
               "WHERE job = ?1 AND last_ms IS NOT NULL "
               "AND (last_ms, slot_ms) > (?2, ?3) ORDER BY last_ms, slot_ms",
};

const char *statement_text(enum statement which)
{
    return statement_sql[which];
}

int statement_prepare(struct sqlite_store *sqlite, enum statement which)
{
    return sqlite3_prepare_v3(sqlite->db, statement_sql[which], -1,
                              SQLITE_PREPARE_PERSISTENT,
                              &sqlite->statements[which], NULL);
}

static void bind(sqlite3_stmt *statement, const struct value *values,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &values[i];
        int at = (int)i + 1;
        if (value->text)
            sqlite3_bind_text(statement, at, value->text, -1, SQLITE_STATIC);
        else if (value->absent)
            sqlite3_bind_null(statement, at);
        else
            sqlite3_bind_int64(statement, at, value->number);
    }
}

/* The sentence for what just failed. */
static void blame(struct sqlite_store *sqlite)
{
    struct error *error = &sqlite->store.error;
    if (schema_blame(sqlite->db, error) == OPENED_DAMAGED)
        sqlite->store.damages++;
    error_wrap(error, "journal %s", sqlite->path);
}

enum answer statement_next(struct store *store, enum statement which)
{
    sqlite3_stmt *statement = sqlite_of(store)->statements[which];
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return ANSWER_YES;
    if (code != SQLITE_DONE)
        blame(sqlite_of(store));
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? ANSWER_NO : ANSWER_BROKEN;
}

enum answer statement_first(struct store *store, enum statement which,
                            const struct value *values, size_t count)
{
    bind(sqlite_of(store)->statements[which], values, count);
    return statement_next(store, which);
}

void statement_end(struct store *store, enum statement which)
{
    sqlite3_reset(sqlite_of(store)->statements[which]);
}

bool statement_run(struct store *store, enum statement which,
                   const struct value *values, size_t count)
{
    return statement_first(store, which, values, count) == ANSWER_NO;
}

/* ---- columns ---- */

int64_t column_number(sqlite3_stmt *statement, int column, int64_t max)
{
    int64_t n = sqlite3_column_int64(statement, column);
    return n < 0 ? 0 : n > max ? max : n;
}

uint8_t column_u8(sqlite3_stmt *statement, int column)
{
    return (uint8_t)column_number(statement, column, UINT8_MAX);
}

uint32_t column_u32(sqlite3_stmt *statement, int column)
{
    return (uint32_t)column_number(statement, column, UINT32_MAX);
}

struct wall column_wall(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (struct wall){ EVER_MS };
    return (struct wall){ sqlite3_column_int64(statement, column) };
}

const char *column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *bytes = sqlite3_column_text(statement, column);
    return bytes ? (const char *)bytes : "";
}
