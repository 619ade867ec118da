#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/db.h"
#include "cli/terminal.h"
#include "know/store.h"
#include "wrap/json.h"
#include "wrap/sqlite.h"

#define JSON_MAX ((size_t)64 << 20)

enum {
    OPTION_FORMAT = 1,
    OPTION_DATABASE,
};

const struct bw_option bw_db_status_options[] = {
    {OPTION_FORMAT, 'f', "format", "NAME", "table (default, for people) or json"},
    {OPTION_DATABASE, 0, "db", "FILE", "the database, instead of the usual place"},
    {0},
};

struct status {
    const char *path;
    struct bw_sqlite *db;
    struct bw_json_writer json;
};

static int meta_number(struct status *s, const char *key, uint64_t *ret_value, struct bw_err *err)
{
    int64_t value;
    int rc = bw_store_get_i64(s->db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key=?1",
                              bw_str(key), &value, err);
    if (rc == 0)
        *ret_value = value > 0 ? (uint64_t)value : 0;
    return rc;
}

static int put_meta(struct status *s, struct bw_err *err)
{
    static const char *const numbers[] = {"records",    "withdrawn", "left_out",
                                          "unreadable", "kev",       "epss"};
    static const char *const texts[] = {"newest", "imported", "digest", "epss_date"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(numbers); i++) {
        uint64_t value = 0;
        rc = meta_number(s, numbers[i], &value, err);
        if (rc == 0)
            bw_json_member_u64(&s->json, numbers[i], value);
    }
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(texts); i++) {
        char *value = NULL;
        rc = bw_store_get_text(s->db, "SELECT value FROM meta WHERE key=?1", bw_str(texts[i]),
                               &value, err);
        if (rc == 0)
            bw_json_member_str(&s->json, texts[i], bw_str(value));
        free(value);
    }
    return rc;
}

/* Runs `row` for each row of a query. */
static int each_row(struct status *s, const char *sql, struct bw_str parameter,
                    int (*row)(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err),
                    struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(s->db, sql, &stmt, err);
    if (rc == 0 && parameter.p)
        bw_sqlite_bind_str(stmt, 1, parameter);
    while (rc == 0 && (rc = bw_sqlite_step(stmt, err)) > 0)
        rc = row(s, stmt, err);
    return rc;
}

/* The texts of a row under their names, then the number at the end. */
static void put_row(struct status *s, struct bw_sqlite_stmt *stmt, const char *const *names,
                    int texts)
{
    bw_json_begin_object(&s->json);
    for (int i = 0; i < texts; i++)
        bw_json_member_str(&s->json, names[i], bw_sqlite_column_str(stmt, i));
    if (names[texts])
        bw_json_member_i64(&s->json, names[texts], bw_sqlite_column_i64(stmt, texts));
}

static int put_release(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    static const char *const names[] = {"name", "newest", "records"};
    (void)err;
    put_row(s, stmt, names, 2);
    bw_json_end(&s->json);
    return 0;
}

static int put_ecosystem(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    static const char *const names[] = {"name", "newest", "records"};
    put_row(s, stmt, names, 2);
    bw_json_key(&s->json, BW_STR("releases"));
    bw_json_begin_array(&s->json);
    int rc = each_row(s,
                      "SELECT name, newest, records FROM ecosystem"
                      " WHERE base=?1 AND name<>base ORDER BY name",
                      bw_sqlite_column_str(stmt, 0), put_release, err);
    bw_json_end(&s->json);
    bw_json_end(&s->json);
    return rc;
}

static int put_source(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    static const char *const names[] = {"name", "origin", "imported", "records"};
    (void)err;
    put_row(s, stmt, names, 3);
    bw_json_end(&s->json);
    return 0;
}

static int put_unreadable(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    static const char *const names[] = {"source", "name", "why", NULL};
    (void)err;
    put_row(s, stmt, names, 3);
    bw_json_end(&s->json);
    return 0;
}

static const char ECOSYSTEMS[] =
    "SELECT name, newest, records FROM ecosystem WHERE name=base ORDER BY name";
static const char SOURCES[] =
    "SELECT name, origin, imported, (SELECT count(*) FROM record r WHERE r.source=s.key)"
    " FROM source s ORDER BY name";
static const char UNREADABLE[] = "SELECT s.name, r.name, coalesce(r.why, '') FROM record r"
                                 " JOIN source s ON s.key=r.source WHERE r.state=2"
                                 " ORDER BY s.name, r.name LIMIT 1000";

static int put_list(struct status *s, const char *name, const char *sql,
                    int (*row)(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err),
                    struct bw_err *err)
{
    bw_json_key(&s->json, bw_str(name));
    bw_json_begin_array(&s->json);
    int rc = each_row(s, sql, (struct bw_str){NULL, 0}, row, err);
    bw_json_end(&s->json);
    return rc;
}

static int put_status(struct status *s, struct bw_err *err)
{
    bw_json_begin_object(&s->json);
    bw_json_member_str(&s->json, "path", bw_str(s->path));
    bw_json_member_bool(&s->json, "present", s->db != NULL);
    int rc = 0;
    if (s->db) {
        bw_json_member_u64(&s->json, "schema", BW_STORE_SCHEMA);
        rc = put_meta(s, err);
        if (rc == 0)
            rc = put_list(s, "ecosystems", ECOSYSTEMS, put_ecosystem, err);
        if (rc == 0)
            rc = put_list(s, "sources", SOURCES, put_source, err);
        if (rc == 0)
            rc = put_list(s, "unreadable_records", UNREADABLE, put_unreadable, err);
    } else {
        bw_json_member_u64(&s->json, "records", 0);
        bw_json_member_str(&s->json, "newest", BW_STR(""));
        bw_json_key(&s->json, BW_STR("ecosystems"));
        bw_json_begin_array(&s->json);
        bw_json_end(&s->json);
    }
    bw_json_end(&s->json);
    return rc;
}

static int print_json(struct status *s, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(JSON_MAX);
    struct status with_writer = {.path = s->path, .db = s->db, .json = bw_json_writer(&buf, true)};
    int rc = put_status(&with_writer, err);
    if (rc)
        return rc;
    if (bw_buf_failed(&buf) || fwrite(buf.p, 1, buf.n, stdout) != buf.n)
        return bw_err_errno(err, "cannot write to standard output");
    return 0;
}

/* --- for people --- */

/* Names come from outside; a terminal must not be driven by them. */
static void print_plain(struct bw_str text, int width)
{
    int columns = 0;
    for (size_t i = 0; i < text.n; i++) {
        putchar((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
        columns += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    for (; columns < width; columns++)
        putchar(' ');
}

static int show_ecosystem(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    (void)s, (void)err;
    fputs("  ", stdout);
    print_plain(bw_sqlite_column_str(stmt, 0), 30);
    printf(" %9lld  ", (long long)bw_sqlite_column_i64(stmt, 2));
    print_plain(bw_str_take(bw_sqlite_column_str(stmt, 1), 19), 0);
    putchar('\n');
    return 0;
}

static int show_unreadable(struct status *s, struct bw_sqlite_stmt *stmt, struct bw_err *err)
{
    (void)s, (void)err;
    fputs("  ", stdout);
    for (int i = 0; i < 3; i++) {
        print_plain(bw_sqlite_column_str(stmt, i), 0);
        fputs(i < 2 ? ": " : "\n", stdout);
    }
    return 0;
}

static int show_meta(struct status *s, const char *label, const char *key, struct bw_err *err)
{
    char *value = NULL;
    int rc =
        bw_store_get_text(s->db, "SELECT value FROM meta WHERE key=?1", bw_str(key), &value, err);
    if (rc == 0) {
        printf("%-11s ", label);
        print_plain(bw_str(value), 0);
        putchar('\n');
    }
    free(value);
    return rc;
}

static int print_table(struct status *s, struct bw_err *err)
{
    static const char *const meta[][2] = {
        {"Records", "records"},   {"Withdrawn", "withdrawn"}, {"Left out", "left_out"},
        {"Exploited", "kev"},     {"EPSS scores", "epss"},    {"Newest", "newest"},
        {"Imported", "imported"}, {"Digest", "digest"},       {"Unreadable", "unreadable"},
    };
    printf("%-11s %s\n", "Database", s->path);
    if (!s->db) {
        puts("There are no advisories yet: run `bulwark db update`");
        return 0;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(meta); i++)
        rc = show_meta(s, meta[i][0], meta[i][1], err);
    printf("\n  %-30s %9s  %s\n", "Ecosystem", "Records", "Newest");
    if (rc == 0)
        rc = each_row(s, ECOSYSTEMS, (struct bw_str){NULL, 0}, show_ecosystem, err);
    uint64_t unreadable = 0;
    if (rc == 0)
        rc = meta_number(s, "unreadable", &unreadable, err);
    if (rc || !unreadable)
        return rc;
    puts("\nRecords that could not be read:");
    return each_row(s, UNREADABLE, (struct bw_str){NULL, 0}, show_unreadable, err);
}

static int show(const char *path, bool json, struct bw_err *err)
{
    struct bw_sqlite *db BW_CLEANUP(bw_sqlite_closep) = NULL;
    int rc = bw_store_open(path, &db, err);
    if (rc && rc != BW_ENOENT)
        return rc;
    struct status status = {.path = path, .db = db};
    return json ? print_json(&status, err) : print_table(&status, err);
}

int bw_db_status(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value, *database = NULL, *format = "table";
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_OPERAND)
            bw_err_set(&err, BW_EUSAGE, "status takes no operands");
        if (err.code)
            return bw_cli_usage_error(verb, &err);
        *(id == OPTION_FORMAT ? &format : &database) = value;
    }
    bool json = strcmp(format, "json") == 0;
    if (!json && strcmp(format, "table") != 0) {
        bw_err_set(&err, BW_EUSAGE, "--format takes table or json, not '%s'", format);
        return bw_cli_usage_error(verb, &err);
    }
    char *path = NULL;
    int rc = bw_db_path(database, &path, &err);
    if (rc == 0)
        rc = show(path, json, &err);
    free(path);
    return rc ? bw_cli_error(&err) : BW_EXIT_FINE;
}
