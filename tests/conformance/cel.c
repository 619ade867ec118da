/*
 * The conformance suite of CEL (cel-spec, the textproto files of tests/simple/testdata), as it is.
 *
 *     conformance-cel DIRECTORY EXCEPTIONS
 *
 * Every test that needs no protocol buffer message runs, in the dialect cel-spec. The rule: a test
 * needs one when its container is a package of messages, or when its expression, its variables or
 * its result name a message type other than google.protobuf.Timestamp and Duration, which are types
 * of the language. EXCEPTIONS lists those that run and may fail, "FILE/SECTION/TEST: why"; one that
 * passes all the same is reported, so that the list stays true.
 *
 * Prints TAP: one line a file and one each that failed.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/map.h"
#include "cel/cel.h"
#include "cel/function.h"
#include "textproto.h"

#define FILE_MAX_BYTES ((size_t)16 << 20)
#define ARENA_MAX      ((size_t)256 << 20)
#define VARIABLES_MAX  64u
#define ENOUGH_PERCENT 99u

struct suite {
    struct bw_map exceptions; /* by the test's name; the value is non-NULL once it was needed */
    struct bw_str exceptions_text;
    struct bw_str file, section; /* by the names that stand in them */
    unsigned passed, failed, excepted, skipped, lines;
    unsigned file_passed, file_failed, file_skipped;
};

/* One test while it runs. */
struct run {
    struct suite *suite;
    const struct bw_textproto *test;
    struct bw_arena *arena;
    struct bw_value_maker make;
    struct bw_cel_env *env;
    struct bw_value variables[VARIABLES_MAX];
    struct bw_str names[VARIABLES_MAX];
    uint32_t variables_n;
    char why[1024];
};

/* --- which tests need messages --- */

static bool is_time(struct bw_str type)
{
    return bw_str_eq(type, BW_STR("google.protobuf.Timestamp")) ||
           bw_str_eq(type, BW_STR("google.protobuf.Duration"));
}

/* "[type.googleapis.com/a.B]" -> "a.B" */
static struct bw_str type_in_url(struct bw_str name)
{
    size_t slash = bw_str_rfind(name, '/');
    return slash == SIZE_MAX ? name : bw_str_n(name.p + slash + 1, name.n - slash - 2);
}

static bool message_has_types(const struct bw_textproto *message)
{
    for (const struct bw_textproto *at = message->first; at; at = at->next) {
        bool wrapper =
            bw_str_eq(at->name, BW_STR("wrapper")) || bw_str_eq(at->name, BW_STR("enum_value")) ||
            (bw_str_eq(at->name, BW_STR("well_known")) && bw_str_eq(at->scalar, BW_STR("ANY")));
        bool type = bw_str_eq(at->name, BW_STR("message_type")) && !is_time(at->scalar);
        bool url = at->name.p[0] == '[' && !is_time(type_in_url(at->name));
        if (wrapper || type || url || message_has_types(at))
            return true;
    }
    return false;
}

static bool expression_has_types(struct bw_str expression)
{
    static const char *const names[] = {
        "TestAllTypes", "NestedTestAllTypes", "TestRequired", "proto2",
        "proto3",       "proto.getExt",       "proto.hasExt"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_find_str(expression, bw_str(names[i])) != SIZE_MAX)
            return true;
    struct bw_str prefix = BW_STR("google.protobuf.");
    for (size_t at; (at = bw_str_find_str(expression, prefix)) != SIZE_MAX;) {
        struct bw_str name = bw_str_from(expression, at + prefix.n);
        size_t n = 0;
        while (n < name.n && ((name.p[n] | 32) >= 'a' && (name.p[n] | 32) <= 'z'))
            n++;
        bool made = n < name.n && name.p[n] == '{';
        struct bw_str word = bw_str_take(name, n);
        if (made || !(bw_str_eq(word, BW_STR("Timestamp")) || bw_str_eq(word, BW_STR("Duration"))))
            return true;
        expression = name;
    }
    return false;
}

static bool needs_messages(const struct bw_textproto *test)
{
    struct bw_str container = bw_textproto_text(test, "container");
    return bw_str_starts(container, BW_STR("cel.expr.conformance")) ||
           bw_str_starts(container, BW_STR("google.protobuf")) ||
           expression_has_types(bw_textproto_text(test, "expr")) || message_has_types(test);
}

/* --- what the files say as ours --- */

static int64_t to_int(struct bw_str s)
{
    char text[64];
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(bw_str_take(s, 40)));
    return text[0] == '-' ? strtoll(text, NULL, 0) : (int64_t)strtoull(text, NULL, 0);
}

static double to_double(struct bw_str s)
{
    char text[512];
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(bw_str_take(s, 400)));
    return strtod(text, NULL);
}

static struct bw_value value_of(struct run *run, const struct bw_textproto *message);

static struct bw_value list_of(struct run *run, const struct bw_textproto *message)
{
    struct bw_value list = bw_value_list(&run->make, 0);
    for (const struct bw_textproto *at = bw_textproto_get(message, "values"); at;
         at = bw_textproto_again(at))
        bw_value_add(&run->make, &list, value_of(run, at));
    return list;
}

static struct bw_value map_of(struct run *run, const struct bw_textproto *message)
{
    struct bw_value map = bw_value_map(&run->make, 0);
    for (const struct bw_textproto *at = bw_textproto_get(message, "entries"); at;
         at = bw_textproto_again(at))
        bw_value_put(&run->make, &map, value_of(run, bw_textproto_get(at, "key")),
                     value_of(run, bw_textproto_get(at, "value")));
    return map;
}

/* A timestamp or a duration. */
static struct bw_value object_of(struct run *run, const struct bw_textproto *message)
{
    uint64_t cost = 0;
    struct bw_cel_call call = {
        .arena = run->arena, .make = {.arena = run->arena}, .cost = &cost, .cost_max = 1000};
    const struct bw_textproto *object = message->first;
    int64_t seconds = to_int(bw_textproto_text(object, "seconds"));
    int64_t nanos = to_int(bw_textproto_text(object, "nanos"));
    if (bw_str_ends(type_in_url(object->name), BW_STR("Duration")))
        return bw_cel_duration(&call, seconds * 1000000000 + nanos);
    return bw_cel_timestamp(&call, seconds, (int32_t)nanos);
}

static struct bw_value type_of(struct run *run, struct bw_str name)
{
    struct bw_str copy = bw_arena_str(run->arena, name);
    return bw_cel_type_value(copy.p);
}

static struct bw_value value_of(struct run *run, const struct bw_textproto *message)
{
    const struct bw_textproto *field = message ? message->first : NULL;
    if (!field)
        return (struct bw_value){0};
    struct bw_str name = field->name, scalar = field->scalar;
    if (bw_str_eq(name, BW_STR("null_value")))
        return bw_value_null();
    if (bw_str_eq(name, BW_STR("bool_value")))
        return bw_value_bool(bw_str_eq(scalar, BW_STR("true")));
    if (bw_str_eq(name, BW_STR("int64_value")))
        return bw_value_int(to_int(scalar));
    if (bw_str_eq(name, BW_STR("uint64_value")))
        return bw_value_uint((uint64_t)to_int(scalar));
    if (bw_str_eq(name, BW_STR("double_value")))
        return bw_value_double(to_double(scalar));
    if (bw_str_eq(name, BW_STR("string_value")))
        return bw_value_string(&run->make, scalar);
    if (bw_str_eq(name, BW_STR("bytes_value")))
        return bw_value_bytes(&run->make, scalar);
    if (bw_str_eq(name, BW_STR("list_value")))
        return list_of(run, field);
    if (bw_str_eq(name, BW_STR("map_value")))
        return map_of(run, field);
    if (bw_str_eq(name, BW_STR("type_value")))
        return type_of(run, scalar);
    return object_of(run, field);
}

/* A type's message as the notation of bw_cel_type_read(). */
static void write_type(const struct bw_textproto *type, struct bw_buf *buf)
{
    static const struct {
        const char *from, *to;
    } primitives[] = {{"BOOL", "bool"},
                      {"INT64", "int"},
                      {"UINT64", "uint"},
                      {"DOUBLE", "double"},
                      {"STRING", "string"},
                      {"BYTES", "bytes"},
                      {"TIMESTAMP", "google.protobuf.Timestamp"},
                      {"DURATION", "google.protobuf.Duration"}};
    const struct bw_textproto *field = type ? type->first : NULL;
    if (!field || bw_str_eq(field->name, BW_STR("dyn"))) {
        bw_buf_str(buf, BW_STR("dyn"));
    } else if (bw_str_eq(field->name, BW_STR("null"))) {
        bw_buf_str(buf, BW_STR("null_type"));
    } else if (bw_str_eq(field->name, BW_STR("list_type"))) {
        bw_buf_str(buf, BW_STR("list("));
        write_type(bw_textproto_get(field, "elem_type"), buf);
        bw_buf_byte(buf, ')');
    } else if (bw_str_eq(field->name, BW_STR("map_type"))) {
        bw_buf_str(buf, BW_STR("map("));
        write_type(bw_textproto_get(field, "key_type"), buf);
        bw_buf_str(buf, BW_STR(", "));
        write_type(bw_textproto_get(field, "value_type"), buf);
        bw_buf_byte(buf, ')');
    } else if (bw_str_eq(field->name, BW_STR("type"))) {
        bw_buf_str(buf, BW_STR("type"));
        if (field->first) {
            bw_buf_byte(buf, '(');
            write_type(field, buf);
            bw_buf_byte(buf, ')');
        }
    } else if (bw_str_eq(field->name, BW_STR("abstract_type"))) {
        const struct bw_textproto *at = bw_textproto_get(field, "parameter_types");
        bw_buf_str(buf, bw_textproto_text(field, "name"));
        for (bool first = true; at; at = bw_textproto_again(at), first = false) {
            bw_buf_str(buf, first ? BW_STR("(") : BW_STR(", "));
            write_type(at, buf);
        }
        if (bw_textproto_get(field, "parameter_types"))
            bw_buf_byte(buf, ')');
    } else {
        struct bw_str name = field->scalar;
        for (size_t i = 0; i < BW_ARRAY_LEN(primitives); i++)
            if (bw_str_eq(name, bw_str(primitives[i].from)))
                name = bw_str(primitives[i].to);
        bw_buf_str(buf, name);
    }
}

/* --- comparing --- */

/* Of the same kinds all through: 1 is not 1u here. */
static bool same(struct bw_value a, struct bw_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == BW_VALUE_DOUBLE)
        return a.d == b.d || (isnan(a.d) && isnan(b.d));
    if (bw_value_count(a) != bw_value_count(b))
        return false;
    for (uint32_t i = 0; a.kind == BW_VALUE_LIST && i < bw_value_count(a); i++)
        if (!same(a.list->v[i], b.list->v[i]))
            return false;
    for (uint32_t i = 0; a.kind == BW_VALUE_MAP && i < bw_value_count(a); i++)
        if (!same(bw_value_find(b, a.map->v[i].key), a.map->v[i].value))
            return false;
    return a.kind == BW_VALUE_LIST || a.kind == BW_VALUE_MAP || bw_cel_equal(a, b);
}

static void describe(struct bw_value value, struct bw_buf *buf)
{
    if (value.kind == BW_CEL_ERROR) {
        bw_buf_str(buf, BW_STR("error: "));
        bw_buf_str(buf, bw_cel_error_text(value));
    } else {
        bw_buf_printf(buf, "%s ", bw_cel_type_name(value));
        if (bw_cel_json(value, buf, NULL))
            bw_buf_byte(buf, '?');
    }
}

static bool differs(struct run *run, struct bw_value got, struct bw_value wanted)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(sizeof run->why);
    if (same(got, wanted))
        return true;
    bw_buf_str(&buf, BW_STR("got "));
    describe(got, &buf);
    bw_buf_str(&buf, BW_STR(", wanted "));
    describe(wanted, &buf);
    snprintf(run->why, sizeof run->why, "%" BW_STR_F, BW_STR_A(bw_buf_slice(&buf)));
    return false;
}

/* --- one test --- */

static bool broken(struct run *run, const struct bw_err *err)
{
    snprintf(run->why, sizeof run->why, "%s", err->msg);
    return false;
}

static bool declare(struct run *run, const struct bw_textproto *declaration)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_err err = {.msg = "a function is declared"};
    const struct bw_textproto *ident = bw_textproto_get(declaration, "ident");
    struct bw_str name = bw_arena_str(run->arena, bw_textproto_text(declaration, "name"));
    uint32_t slot;
    if (!ident)
        return broken(run, &err);
    write_type(bw_textproto_get(ident, "type"), &text);
    const struct bw_cel_type *type = bw_cel_type_read(run->env, bw_buf_slice(&text), &err);
    if (!type || bw_cel_env_declare(run->env, name.p, type, &slot, &err))
        return broken(run, &err);
    run->names[slot] = name;
    run->variables_n = slot + 1;
    return true;
}

static bool bind(struct run *run, const struct bw_textproto *binding)
{
    struct bw_str name = bw_textproto_text(binding, "key");
    const struct bw_textproto *value =
        bw_textproto_get(bw_textproto_get(binding, "value"), "value");
    for (uint32_t i = 0; i < run->variables_n; i++)
        if (bw_str_eq(run->names[i], name))
            run->variables[i] = value_of(run, value);
    return true;
}

static bool prepare(struct run *run)
{
    struct bw_err err = {0};
    const struct bw_textproto *at;
    run->env = bw_cel_env_new(BW_CEL_SPEC, &err);
    if (!run->env ||
        bw_cel_env_container(run->env, bw_textproto_text(run->test, "container"), &err))
        return broken(run, &err);
    for (at = bw_textproto_get(run->test, "type_env"); at; at = bw_textproto_again(at))
        if (!declare(run, at))
            return false;
    for (at = bw_textproto_get(run->test, "bindings"); at; at = bw_textproto_again(at))
        bind(run, at);
    return true;
}

static bool check_type(struct run *run, const struct bw_cel_program *program,
                       const struct bw_textproto *typed)
{
    struct bw_buf wanted BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_buf got BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    const struct bw_textproto *type = bw_textproto_get(typed, "deduced_type");
    if (!type)
        return true;
    write_type(type, &wanted);
    bw_cel_result_type(program, &got);
    if (bw_str_eq(bw_buf_slice(&wanted), bw_buf_slice(&got)))
        return true;
    snprintf(run->why, sizeof run->why, "is of type %" BW_STR_F ", wanted %" BW_STR_F,
             BW_STR_A(bw_buf_slice(&got)), BW_STR_A(bw_buf_slice(&wanted)));
    return false;
}

static bool evaluate(struct run *run, const struct bw_cel_program *program)
{
    struct bw_cel_budget budget = {BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_cel_run with = {.variables = run->variables,
                              .variables_n = run->variables_n,
                              .arena = run->arena,
                              .budget = &budget};
    const struct bw_textproto *typed = bw_textproto_get(run->test, "typed_result");
    const struct bw_textproto *value =
        typed ? bw_textproto_get(typed, "result") : bw_textproto_get(run->test, "value");
    if (!check_type(run, program, typed))
        return false;
    if (bw_str_eq(bw_textproto_text(run->test, "check_only"), BW_STR("true")))
        return true;
    struct bw_value got = bw_cel_eval(program, &with);
    if (bw_textproto_get(run->test, "eval_error")) {
        struct bw_value none = bw_cel_type_value("an error");
        return got.kind == BW_CEL_ERROR || differs(run, got, none);
    }
    return differs(run, got, value ? value_of(run, value) : bw_value_bool(true));
}

static bool passes(struct run *run)
{
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_err err = {0};
    struct bw_str source = bw_textproto_text(run->test, "expr");
    bool loose = bw_str_eq(bw_textproto_text(run->test, "disable_check"), BW_STR("true"));
    if (!prepare(run))
        return false;
    int code = loose ? bw_cel_compile_unchecked(run->env, source, &program, NULL, &err)
                     : bw_cel_compile(run->env, source, &program, NULL, &err);
    if (code)
        return bw_textproto_get(run->test, "eval_error") || broken(run, &err);
    return evaluate(run, program);
}

/* --- the suite --- */

static void complain(struct suite *suite, const char *name, const char *why)
{
    printf("not ok %u - %s # %s\n", ++suite->lines, name, why);
    suite->failed++;
    suite->file_failed++;
}

static void run_test(struct suite *suite, const struct bw_textproto *test)
{
    char name[512];
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    if (!arena)
        exit(1);
    if (needs_messages(test)) {
        suite->skipped++;
        suite->file_skipped++;
        return;
    }
    static struct run run;
    run = (struct run){.suite = suite, .test = test, .arena = arena, .make = {.arena = arena}};
    bool fine = passes(&run);
    bw_cel_env_free(run.env);
    snprintf(name, sizeof name, "%" BW_STR_F "/%" BW_STR_F "/%" BW_STR_F, BW_STR_A(suite->file),
             BW_STR_A(suite->section), BW_STR_A(bw_textproto_text(test, "name")));
    bool excepted = false;
    for (size_t i = 0; i < suite->exceptions.n; i++)
        excepted |= bw_str_eq(suite->exceptions.items[i].key, bw_str(name));
    if (fine && excepted) {
        complain(suite, name, "passes, and is listed as an exception");
    } else if (fine) {
        suite->passed++;
        suite->file_passed++;
    } else if (excepted) {
        printf("# exception: %s: %s\n", name, run.why);
        suite->excepted++;
    } else {
        complain(suite, name, run.why);
    }
}

static void run_file(struct suite *suite, const char *directory, const char *file)
{
    char path[4096];
    struct bw_err err = {0};
    struct bw_textproto root;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(FILE_MAX_BYTES);
    snprintf(path, sizeof path, "%s/%s", directory, file);
    suite->file_passed = suite->file_failed = suite->file_skipped = 0;
    if (!arena || bw_fd_slurp_path(path, &text, &err) ||
        bw_textproto_read(bw_buf_slice(&text), arena, &root, &err)) {
        complain(suite, file, err.msg);
        return;
    }
    suite->file = bw_textproto_text(&root, "name");
    const struct bw_textproto *section = bw_textproto_get(&root, "section");
    for (; section; section = bw_textproto_again(section)) {
        suite->section = bw_textproto_text(section, "name");
        const struct bw_textproto *test = bw_textproto_get(section, "test");
        for (; test; test = bw_textproto_again(test))
            run_test(suite, test);
    }
    printf("%s %u - %" BW_STR_F ": %u passed, %u failed, %u need messages\n",
           suite->file_failed ? "not ok" : "ok", ++suite->lines, BW_STR_A(suite->file),
           suite->file_passed, suite->file_failed, suite->file_skipped);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t run_directory(struct suite *suite, const char *directory)
{
    char *names[256];
    size_t n = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir && n < BW_ARRAY_LEN(names) && (entry = readdir(dir));)
        if (bw_str_ends(bw_str(entry->d_name), BW_STR(".textproto")))
            names[n++] = strdup(entry->d_name);
    if (dir)
        closedir(dir);
    qsort(names, n, sizeof names[0], by_name);
    for (size_t i = 0; i < n; i++) {
        run_file(suite, directory, names[i]);
        free(names[i]);
    }
    return n;
}

/* Lines "FILE/SECTION/TEST: why". */
static bool read_exceptions(struct suite *suite, struct bw_str text)
{
    struct bw_str line;
    suite->exceptions = BW_MAP(1000);
    while (bw_str_line(&text, &line)) {
        size_t colon = bw_str_find(line, ':');
        if (!line.n || line.p[0] == '#' || colon == SIZE_MAX)
            continue;
        if (!bw_map_at(&suite->exceptions, bw_str_take(line, colon)))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct suite suite = {0};
    struct bw_err err = {0};
    struct bw_buf exceptions BW_CLEANUP(bw_buf_free) = BW_BUF(FILE_MAX_BYTES);
    if (argc != 3) {
        fputs("usage: conformance-cel DIRECTORY EXCEPTIONS\n", stderr);
        return 2;
    }
    if (bw_fd_slurp_path(argv[2], &exceptions, &err) ||
        !read_exceptions(&suite, bw_buf_slice(&exceptions))) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    if (!run_directory(&suite, argv[1])) {
        printf("1..0 # SKIP there is no conformance suite in %s\n", argv[1]);
        return 0;
    }
    unsigned ran = suite.passed + suite.failed + suite.excepted;
    bool enough = suite.passed * 100 >= ran * ENOUGH_PERCENT;
    printf("%s %u - %u of %u passed (%u exceptions), %u of %u need messages\n",
           enough ? "ok" : "not ok", ++suite.lines, suite.passed, ran, suite.excepted,
           suite.skipped, ran + suite.skipped);
    printf("1..%u\n", suite.lines);
    bw_map_free(&suite.exceptions);
    return 0;
}
