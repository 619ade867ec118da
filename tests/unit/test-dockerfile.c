#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/document.h"

struct rig {
    struct bw_arena *arena;
    struct bw_document document;
    struct bw_str *wanted;
    size_t wanted_n;
    struct bw_buf gaps; /* "class where: why\n" each */
    struct bw_err err;
    const struct bw_reader_file *files;
    size_t files_n;
};

static void take_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    struct rig *rig = ctx;
    (void)what;
    bw_buf_printf(&rig->gaps, "%s %" BW_STR_F ": %" BW_STR_F "\n", bw_gap_class_name(class),
                  BW_STR_A(where), BW_STR_A(why));
}

static int read_bytes(struct rig *rig, struct bw_str text)
{
    const struct bw_reader_sink sink = {rig, take_gap};
    const struct bw_reader_request request = {
        .path = BW_STR("a/Dockerfile"), .text = text, .files = rig->files, .files_n = rig->files_n};
    const struct bw_reader *reader = bw_reader_for(request.path, text);
    assert_non_null(reader);
    assert_string_equal(reader->name, "dockerfile");
    rig->arena = bw_arena_new((size_t)1 << 30);
    rig->gaps = BW_BUF(1 << 20);
    return bw_reader_read(reader, &request, &sink, rig->arena, &rig->document, &rig->wanted,
                          &rig->wanted_n, &rig->err);
}

static int read_text(struct rig *rig, const char *text)
{
    return read_bytes(rig, bw_str(text));
}

static void done(struct rig *rig)
{
    bw_arena_free(rig->arena);
    bw_buf_free(&rig->gaps);
    *rig = (struct rig){0};
}

/* "stages.0.from" of an object. */
static struct bw_value find(const struct rig *rig, size_t object, const char *path)
{
    struct bw_value value = rig->document.objects[object].value;
    struct bw_str rest = bw_str(path), part;
    uint64_t index;
    while (rest.n && bw_str_split(&rest, '.', &part))
        value =
            bw_str_to_u64(part, &index) ? bw_value_index(value, index) : bw_value_get(value, part);
    return value;
}

static void expect_json(struct bw_value value, const char *path, const char *want)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    bw_object_json(value, false, &json);
    bw_buf_byte(&json, 0);
    if (strcmp((char *)json.p, want) != 0)
        print_message("# %s\n", path);
    assert_string_equal((char *)json.p, want);
}

static void expect(const struct rig *rig, const char *path, const char *want)
{
    expect_json(find(rig, 0, path), path, want);
}

static void expect_pod(const struct rig *rig, const char *path, const char *want)
{
    expect_json(find(rig, 1, path), path, want);
}

static void expect_unknown(struct bw_value value, enum bw_unknown_class class)
{
    assert_int_equal(value.kind, BW_VALUE_UNKNOWN);
    assert_int_equal(value.unknown->class, class);
}

static void expect_missing(const struct rig *rig, const char *path)
{
    expect_unknown(find(rig, 0, path), BW_UNKNOWN_MISSING);
}

static void expect_place(const struct rig *rig, const char *path, uint32_t line, uint32_t column)
{
    struct bw_value value = find(rig, 0, path);
    assert_int_not_equal(value.place, 0);
    const struct bw_value_place *place = &rig->document.places[value.place];
    if (place->line != line || place->column != column)
        fail_msg("%s: %u:%u, wanted %u:%u", path, place->line, place->column, line, column);
}

static void expect_gaps(struct rig *rig, const char *want)
{
    bw_buf_byte(&rig->gaps, 0);
    assert_string_equal((char *)rig->gaps.p, want);
}

static void expect_ignore(const struct rig *rig, size_t i, const char *id, uint32_t first,
                          uint32_t last)
{
    assert_true(i < rig->document.ignores_n);
    const struct bw_ignore *ignore = &rig->document.ignores[i];
    assert_true(bw_str_eq(ignore->id, bw_str(id)));
    assert_int_equal(ignore->first, first);
    assert_int_equal(ignore->last, last);
}

/* --- which files --- */

static void recognises_by_name(void **state)
{
    (void)state;
    static const char *const ours[] = {"Dockerfile",     "a/dockerfile",         "Containerfile",
                                       "web.Dockerfile", "x/web.containerfile",  "Dockerfile.prod",
                                       "DOCKERFILE",     "a.b/containerfile.dev"};
    static const char *const others[] = {"Dockerfile/x",
                                         "mydockerfile",
                                         "a.txt",
                                         "compose.yaml",
                                         ".dockerignore",
                                         "Dockerfile.dockerignore",
                                         ""};
    for (size_t i = 0; i < BW_ARRAY_LEN(ours); i++)
        assert_true(bw_reader_for(bw_str(ours[i]), BW_STR("")) ==
                    bw_reader_named(BW_STR("dockerfile")));
    for (size_t i = 0; i < BW_ARRAY_LEN(others); i++)
        assert_true(bw_reader_for(bw_str(others[i]), BW_STR("FROM a\n")) !=
                    bw_reader_named(BW_STR("dockerfile")));
    assert_non_null(bw_reader_for(BW_STR("Dockerfile-dev"), BW_STR("FROM a\n")));
    assert_true(bw_reader_for(BW_STR("Dockerfile-notes.md"), BW_STR("Notes\n")) !=
                bw_reader_named(BW_STR("dockerfile")));
    assert_non_null(bw_reader_for(BW_STR("Dockerfile.template"), BW_STR("# c\nFROM a\n")));
    assert_true(bw_reader_for(BW_STR("dockerfile.go"), BW_STR("package a\n")) !=
                bw_reader_named(BW_STR("dockerfile")));
    assert_non_null(bw_reader_for(BW_STR("-"), BW_STR("# c\n\n from a\n")));
    assert_true(bw_reader_for(BW_STR("-"), BW_STR("hello\nFROM a\n")) !=
                bw_reader_named(BW_STR("dockerfile")));
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"", "line 0: there is no FROM"},
        {"# only\n\n", "line 2: there is no FROM"},
        {"ARG A=1\n", "line 1: there is no FROM"},
        {"FROM a\nRUN <<X\nb\n", "line 2: the here-document X has no end"},
        {"# escape=x\nFROM a\n", "line 1: the escape character is neither \\ nor `"},
        {"# syntax=a\n# Syntax=b\nFROM a\n", "line 2: a second parser directive \"syntax\""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        struct rig rig = {0};
        assert_int_equal(read_text(&rig, texts[i][0]), BW_EFORMAT);
        assert_string_equal(rig.err.msg, texts[i][1]);
        done(&rig);
    }
    struct rig rig = {0};
    assert_int_equal(read_bytes(&rig, BW_STR("FROM a\n\0\x7f"
                                             "ELF")),
                     BW_EFORMAT);
    assert_string_equal(rig.err.msg, "it is a binary file, no Dockerfile");
    done(&rig);
}

static void bad_instructions_are_gaps(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig, "RUN early\nFROM a b\nFOO x\nENV P\nCMD [1]\nCOPY a\n"
                                     "HEALTHCHECK TCP 1\nONBUILD FROM x\nEXPOSE x\nSHELL sh\n"
                                     "WORKDIR ${a\nRUN --mount=foo=1 ok\nBAR\n{{baz}}\n"),
                     0);
    expect_gaps(
        &rig,
        "note a/Dockerfile:1: it stands before the first FROM\n"
        "note a/Dockerfile:2: neither \"IMAGE\" nor \"IMAGE AS NAME\"\n"
        "blocking a/Dockerfile:3: there is no instruction \"FOO\"\n"
        "blocking a/Dockerfile:4: a name without a value\n"
        "blocking a/Dockerfile:5: a JSON list of arguments holds something that is no string\n"
        "blocking a/Dockerfile:6: it needs a source and a destination\n"
        "blocking a/Dockerfile:7: neither \"NONE\" nor \"CMD\" and a command\n"
        "note a/Dockerfile:8: ONBUILD may not hold FROM\n"
        "blocking a/Dockerfile:9: \"x\" is no port\n"
        "blocking a/Dockerfile:10: SHELL wants a JSON list\n"
        "blocking a/Dockerfile:11: ${} without its end\n"
        "blocking a/Dockerfile:12: a mount has no field \"foo\"\n"
        "blocking a/Dockerfile:14: 2 more lines begin with no instruction: is it a template?\n");
    expect(&rig, "stages.0.instructions.0.from.image", "\"x\"");
    expect(&rig, "stages.0.instructions.4.run.commands.0.name", "\"ok\"");
    assert_int_equal(bw_value_count(find(&rig, 0, "stages")), 1);
    done(&rig);
}

/* --- lines, words, places --- */

static void lines_and_places(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig, "\xef\xbb\xbf# syntax = x:1\n# ESCAPE=`\nFrom é `\n  As b\n"
                                     "run a `\n# c\n\n   \"ü\" b && `\n\tsudo /bin/d  e\n"
                                     "ENV x=\"1 2\" y=c:\\d\n"),
                     0);
    expect(&rig, "directives", "{\"syntax\":\"x:1\",\"escape\":\"`\"}");
    expect(&rig, "instructions.0.original", "\"From\"");
    expect(&rig, "instructions.0.keyword", "\"FROM\"");
    expect(&rig, "instructions.0.args", "[\"é\",\"As\",\"b\"]");
    expect_place(&rig, "instructions.0.args.1", 4, 3);
    expect_place(&rig, "instructions.0.from.name", 4, 6);
    expect(&rig, "instructions.1.text", "\"a    \\\"ü\\\" b && \\tsudo /bin/d  e\"");
    expect(&rig, "instructions.1.line", "5");
    expect(&rig, "instructions.1.endLine", "9");
    expect(&rig, "instructions.1.run.commands.0.args", "[\"ü\",\"b\"]");
    expect_place(&rig, "instructions.1.run.commands.0.args.0", 8, 4);
    expect_place(&rig, "instructions.1.run.commands.0.args.1", 8, 8);
    expect(&rig, "instructions.1.run.commands.1.name", "\"d\"");
    expect(&rig, "instructions.1.run.commands.1.path", "\"/bin/d\"");
    expect(&rig, "instructions.1.run.commands.1.wrappers", "[\"sudo\"]");
    expect(&rig, "instructions.1.run.commands.1.column", "7");
    expect_place(&rig, "instructions.1.run.commands.1", 9, 7);
    expect(&rig, "instructions.2.rawArgs", "[\"x=\\\"1 2\\\"\",\"y=c:\\\\d\"]");
    expect(&rig, "instructions.2.args", "[\"x=1 2\",\"y=c:\\\\d\"]");
    expect_place(&rig, "instructions.2.pairs.1.value", 10, 15);
    expect(&rig, "warnings.0.rule", "\"NoEmptyContinuation\"");
    expect(&rig, "warnings.0.line", "5");
    done(&rig);
}

static void bytes_that_are_no_utf8(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig, "FROM a\n# \xff\nLABEL x=\xe4\xff y=z\n"), 0);
    expect(&rig, "instructions.1.args", "[\"x=\xef\xbf\xbd\xef\xbf\xbd\",\"y=z\"]");
    expect_place(&rig, "instructions.1.pairs.1", 3, 12);
    done(&rig);
}

static void here_documents(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig,
                               "FROM a\nRUN <<-E1 \\\n bash && cat <<\"E 2\" >x\n\tapt-get \\\n"
                               "\t  install a\n\tE1\n$(no)\nE 2\nCOPY <<A <<\\B /x/\n1\nA\n2\nB\n"
                               "ONBUILD RUN <<X\ny\nX\nRUN echo it's <<no\nRUN [\"a\", \"<<b\"]\n"),
                     0);
    expect(&rig, "instructions.1.heredocs",
           "[{\"name\":\"E1\",\"content\":\"apt-get \\\\\\n  install a\\n\",\"expand\":true,"
           "\"chomp\":true},{\"name\":\"E 2\",\"content\":\"$(no)\\n\",\"expand\":false,"
           "\"chomp\":false}]");
    expect(&rig, "instructions.1.endLine", "8");
    expect(&rig, "instructions.1.run.commands.2.name", "\"apt-get\"");
    expect(&rig, "instructions.1.run.commands.2.words", "[\"install\",\"a\"]");
    expect_place(&rig, "instructions.1.run.commands.2", 4, 2);
    expect_place(&rig, "instructions.1.run.commands.2.args.0", 5, 4);
    expect(&rig, "instructions.2.copy.sources", "[]");
    expect(&rig, "instructions.2.copy.destination", "\"/x/\"");
    expect(&rig, "instructions.2.heredocs.1",
           "{\"name\":\"B\",\"content\":\"2\\n\",\"expand\":false,\"chomp\":false}");
    expect(&rig, "instructions.3.onbuild", "true");
    expect(&rig, "instructions.3.keyword", "\"RUN\"");
    expect(&rig, "instructions.3.run.commands.0.name", "\"y\"");
    expect(&rig, "instructions.4.run.unparsed", "true");
    expect(&rig, "instructions.5.json", "true");
    expect_gaps(&rig, "note a/Dockerfile:17: a single quote has no end\n");
    done(&rig);
}

static void scripts_for_others(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(&rig, "FROM a\nRUN <<E\n#!/usr/bin/env python3\nprint('x')\nE\n"
                        "RUN <<E\n#!/bin/bash -e\na\nE\nSHELL [\"pwsh.exe\",\"-c\"]\nRUN A-B\n"
                        "RUN C-D\n# hadolint shell=bash\nRUN a\n"),
        0);
    expect(&rig, "instructions.1.run.shell", "\"python3\"");
    expect(&rig, "instructions.1.run.unparsed", "true");
    expect(&rig, "instructions.2.run.shell", "\"bash\"");
    expect(&rig, "instructions.2.run.commands.0.name", "\"a\"");
    expect(
        &rig, "instructions.4.run",
        "{\"mounts\":[],\"network\":\"default\",\"security\":\"sandbox\",\"shell\":\"powershell\","
        "\"commands\":[],\"unparsed\":true}");
    expect(&rig, "instructions.6.run.shell", "\"bash\"");
    expect_gaps(&rig, "note a/Dockerfile:3: it is a script for another interpreter\n"
                      "note a/Dockerfile:11: \"powershell\" is no shell whose scripts are read\n");
    done(&rig);
}

/* --- stages and variables --- */

static void argument_scopes(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig,
                               "ARG V=3.1 R\nARG W=${V%.*}-$NO\nFROM x:$W AS one\nARG V U Y=4\n"
                               "ENV A=$V B=$W C=$U A2=$A Y=5\nENV D=$A$Y E=${R:-r}\n"
                               "FROM ${R}/y/z:5\nENV P=$TARGETOS\nFROM w$V\nARG R=new\nENV R2=$R\n"
                               "ARG V=own\nENV V2=$V\n"),
                     0);
    expect(&rig, "instructions.1.pairs.0.value", "\"3-\"");
    expect(&rig, "stages.0.from.image", "\"x:3-\"");
    expect(&rig, "stages.0.env.A", "\"3.1\"");
    expect_missing(&rig, "stages.0.env.B");     /* an argument that the stage does not name */
    expect_missing(&rig, "stages.0.env.C");     /* without a default */
    expect_missing(&rig, "stages.0.env.A2");    /* set by the same instruction: not yet */
    expect(&rig, "stages.0.env.D", "\"3.15\""); /* ENV goes before ARG */
    expect_missing(&rig, "stages.0.env.E");
    expect(&rig, "stages.1.from.tag", "\"5\"");
    expect_missing(&rig, "stages.1.env.P");
    expect(&rig, "stages.2.from.image", "\"w3.1\"");
    expect(&rig, "stages.2.env.R2", "\"new\"");
    expect(&rig, "stages.2.env.V2", "\"own\"");
    done(&rig);
}

static void variables_of_stages(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(&rig, "ARG V=3.1 R\nFROM x:$V AS one\nARG V\nENV A=$V\nENV A=2 E=${A}3\n"
                        "FROM one\nLABEL l=$E k=$V\nFROM scratch\nENV F=${G:-h}$G\n"
                        "FROM --platform=$BUILDPLATFORM a\nARG TARGETARCH\nENV X=$TARGETARCH\n"),
        0);
    expect(&rig, "stages.0.env", "{\"A\":\"2\",\"E\":\"3.13\"}");
    expect(&rig, "stages.1.env", "{\"A\":\"2\",\"E\":\"3.13\"}");
    expect(&rig, "stages.1.from.stage", "0");
    expect(&rig, "stages.1.labels.l", "\"3.13\"");
    expect_missing(&rig, "stages.1.labels.k");
    expect(&rig, "stages.1.instructions.0.undefined", "[\"V\"]");
    expect(&rig, "stages.2.env", "{\"F\":\"h\"}");
    expect(&rig, "warnings.0",
           "{\"rule\":\"UndefinedVar\",\"message\":\"nothing sets the variable G\",\"line\":9}");
    expect_missing(&rig, "stages.3.from.platform");
    expect_missing(&rig, "stages.3.env.X");
    done(&rig);
}

static void image_references(void **state)
{
    (void)state;
    static const char *const cases[][6] = {
        /* FROM, registry, repository, tag, digest */
        {"alpine", "\"docker.io\"", "\"alpine\"", "\"\"", "\"\""},
        {"a/b:1", "\"docker.io\"", "\"a/b\"", "\"1\"", "\"\""},
        {"r.io:5/a/b@sha256:0", "\"r.io:5\"", "\"a/b\"", "\"\"", "\"sha256:0\""},
        {"localhost/a:1@sha256:0", "\"localhost\"", "\"a\"", "\"1\"", "\"sha256:0\""},
        {"$R/a/b", "?", "?", "\"\"", "\"\""},
        {"r.io/$R/b:2", "\"r.io\"", "?", "\"2\"", "\"\""},
        {"a:$R", "\"docker.io\"", "\"a\"", "?", "?"},
        {"a:$R-x@sha256:1", "\"docker.io\"", "\"a\"", "?", "\"sha256:1\""},
        {"a$R", "?", "?", "?", "?"},
        {"r.io/a$R:3", "\"r.io\"", "?", "\"3\"", "?"},
        {"$R", "?", "?", "?", "?"},
    };
    static const char *const keys[] = {"registry", "repository", "tag", "digest"};
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct rig rig = {0};
        char text[128], path[64];
        snprintf(text, sizeof text, "ARG R\nFROM %s\n", cases[i][0]);
        assert_int_equal(read_text(&rig, text), 0);
        for (size_t at = 0; at < BW_ARRAY_LEN(keys); at++) {
            snprintf(path, sizeof path, "stages.0.from.%s", keys[at]);
            if (strcmp(cases[i][at + 1], "?") == 0)
                expect_missing(&rig, path);
            else
                expect(&rig, path, cases[i][at + 1]);
        }
        done(&rig);
    }
}

static void warnings_about_from(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig, "ARG T\nFROM a:$T\nFROM $U/b:1\nFROM a:1$T\n"), 0);
    expect(&rig, "warnings.0.rule", "\"InvalidDefaultArgInFrom\"");
    expect(&rig, "warnings.1.rule", "\"UndefinedArgInFrom\"");
    expect(&rig, "warnings.1.line", "3");
    assert_int_equal(bw_value_count(find(&rig, 0, "warnings")), 2);
    done(&rig);
}

static void what_stages_end_with(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(&rig,
                  "FROM a AS Base\nUSER app\nWORKDIR /x\nENTRYPOINT [\"e\"]\nCMD c d\n"
                  "HEALTHCHECK --interval=5s --retries=3 CMD h || i\nEXPOSE 80 53/UDP 1-3\n"
                  "SHELL [\"/bin/bash\",\"-o\",\"pipefail\",\"-c\"]\n"
                  "FROM base\nWORKDIR y\nUSER 0:5\nENTRYPOINT f\nRUN a | b\nHEALTHCHECK NONE\n"
                  "FROM b\nWORKDIR z\nFROM scratch\nFROM base AS last\nUSER ${X:-me}\n"),
        0);
    expect(&rig, "stages.0.name", "\"base\"");
    expect(&rig, "stages.0.originalName", "\"Base\"");
    expect(&rig, "stages.0.user", "\"app\"");
    expect(&rig, "stages.0.root", "false");
    expect(&rig, "stages.0.cmd", "{\"form\":\"shell\",\"args\":[\"c d\"]}");
    expect(&rig, "stages.0.healthcheck",
           "{\"type\":\"CMD-SHELL\",\"args\":[\"h || i\"],\"interval\":\"5s\",\"retries\":3}");
    expect(&rig, "stages.0.instructions.4.run.commands.1.name", "\"i\"");
    expect(&rig, "stages.0.exposed.1",
           "{\"original\":\"53/UDP\",\"port\":53,\"endPort\":53,\"protocol\":\"udp\"}");
    expect(&rig, "stages.1.workdir", "\"/x/y\"");
    expect(&rig, "stages.1.user", "\"0:5\"");
    expect(&rig, "stages.1.root", "true");
    expect(&rig, "stages.1.entrypoint.form", "\"shell\"");
    expect(&rig, "stages.1.cmd", "null");
    expect(&rig, "stages.1.healthcheck.type", "\"NONE\"");
    expect(&rig, "stages.1.instructions.3.run.commands.0.pipefail", "true");
    expect(&rig, "stages.1.instructions.3.run.shell", "\"bash\"");
    expect_missing(&rig, "stages.2.workdir");
    expect_missing(&rig, "stages.2.user");
    expect_missing(&rig, "stages.2.root");
    expect(&rig, "stages.3.user", "\"root\"");
    expect(&rig, "stages.3.root", "true");
    expect(&rig, "stages.3.workdir", "\"/\"");
    assert_int_equal(find(&rig, 0, "stages.3.user").flags, BW_VALUE_DEFAULT);
    expect_missing(&rig, "stages.4.user");
    expect(&rig, "stages.4.final", "true");
    done(&rig);
}

static void which_stages_are_used(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig,
                               "FROM a AS s0\nFROM a AS s1\nFROM s0 AS s2\nFROM a AS b-amd64\n"
                               "FROM a AS other\nFROM b-$TARGETARCH AS s5\nCOPY --from=2 x y\n"
                               "RUN --mount=type=bind,from=s1,target=/t,rw a\n"
                               "COPY --from=img:1 x y\n"),
                     0);
    static const char *const want[] = {"true", "true", "true", "true", "false", "true"};
    for (size_t i = 0; i < BW_ARRAY_LEN(want); i++) {
        char path[32];
        snprintf(path, sizeof path, "stages.%zu.used", i);
        expect(&rig, path, want[i]);
    }
    expect(&rig, "stages.5.instructions.0.copy.fromStage", "2");
    expect(&rig, "stages.5.instructions.1.run.mounts",
           "[{\"type\":\"bind\",\"from\":\"s1\",\"target\":\"/"
           "t\",\"readonly\":false,\"fromStage\":1}]");
    expect(&rig, "stages.5.instructions.2.copy.from", "\"img:1\"");
    expect(&rig, "stages.5.instructions.2.copy.fromStage", "-1");
    done(&rig);
}

/* --- instructions --- */

static void copies(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(&rig,
                  "FROM a\nCOPY --chown=1:2 --chmod=755 --link --exclude=*.md --exclude=x a b /c/\n"
                  "ADD --checksum=sha256:0 --keep-git-dir=true [\"a b\", \"c\"]\n"),
        0);
    expect(
        &rig, "instructions.1.copy",
        "{\"fromStage\":-1,\"sources\":[\"a\",\"b\"],\"ignored\":[],\"destination\":\"/c/\","
        "\"chown\":\"1:2\",\"chmod\":\"755\",\"link\":true,\"parents\":false,\"keepGitDir\":false,"
        "\"exclude\":[\"*.md\",\"x\"]}");
    expect(&rig, "instructions.1.flags.0", "{\"name\":\"chown\",\"value\":\"1:2\"}");
    expect_place(&rig, "instructions.1.flags.1.value", 2, 26);
    expect(&rig, "instructions.2.copy.sources", "[\"a b\"]");
    expect(&rig, "instructions.2.copy.keepGitDir", "true");
    expect_place(&rig, "instructions.2.args.1", 3, 54);
    assert_int_equal(rig.wanted_n, 2);
    assert_true(bw_str_eq(rig.wanted[0], BW_STR("a/Dockerfile.dockerignore")));
    assert_true(bw_str_eq(rig.wanted[1], BW_STR("a/.dockerignore")));
    done(&rig);
}

static void sources_that_are_ignored(void **state)
{
    (void)state;
    static const struct bw_reader_file files[] = {
        {.path = {"a/Dockerfile.dockerignore", 25}, .missing = true},
        {.path = {"a/.dockerignore", 15},
         .text = {"# c\n*.md\n!README.md\n/build/\n**/tmp\nsrc/*/x\n", 43}},
    };
    struct rig rig = {.files = files, .files_n = 2};
    assert_int_equal(read_text(&rig,
                               "FROM a\nCOPY NEWS.md README.md build build/out src/tmp a/b/tmp "
                               "src/a/x src/x src/a/b/x . *.md http://x/y.md /z/\n"
                               "COPY --from=b NEWS.md /\n"),
                     0);
    assert_int_equal(rig.wanted_n, 0);
    expect(&rig, "instructions.1.copy.ignored",
           "[\"NEWS.md\",\"build\",\"build/out\",\"src/tmp\",\"a/b/tmp\",\"src/a/x\"]");
    expect(&rig, "instructions.2.copy.ignored", "[]");
    expect(&rig, "warnings.0.rule", "\"CopyIgnoredFile\"");
    done(&rig);
}

static void commands_as_values(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig,
                               "FROM a\nRUN A=1 apt-get -yq --opt=v install \"$x\" -- -z >/f || b\n"
                               "CMD [\"sh\", \"-c\", \"c \\u0026\\u0026 d\"]\n"),
                     0);
    expect(
        &rig, "instructions.1.run.commands.0",
        "{\"name\":\"apt-get\",\"path\":\"apt-get\",\"args\":[\"-yq\",\"--opt=v\",\"install\",\"$"
        "x\","
        "\"--\",\"-z\"],\"flags\":[\"-yq\",\"-y\",\"-q\",\"--opt\"],\"words\":[\"install\",\"$x\","
        "\"-z\"],\"wrappers\":[],\"assignments\":[{\"name\":\"A\",\"value\":\"1\"}],\"redirects\":"
        "[{\"op\":\">\",\"target\":\"/"
        "f\",\"fd\":1}],\"pipe\":0,\"pipeLength\":1,\"operator\":\"||\","
        "\"depth\":0,\"conditional\":false,\"substitution\":false,\"pipefail\":false,\"line\":2,"
        "\"column\":9}");
    expect(&rig, "instructions.2.run.shell", "\"\"");
    expect(&rig, "instructions.2.run.commands.2.name", "\"d\"");
    expect(&rig, "instructions.2.run.commands.2.conditional", "true");
    done(&rig);
}

static void legacy_and_onbuild(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(&rig, "FROM a\nenv K some  value\nLABEL l \"x y\"\nMAINTAINER me <a>\n"
                        "OnBuild Copy $A b\nARG S=\"a b\" T\nVOLUME [\"/a\"]\nVOLUME /b /c\n"),
        0);
    expect(&rig, "instructions.1.pairs",
           "[{\"name\":\"K\",\"value\":\"some  value\",\"legacy\":true}]");
    expect(&rig, "instructions.1.original", "\"env\"");
    expect(&rig, "instructions.2.pairs.0.value", "\"x y\"");
    expect(&rig, "instructions.3.keyword", "\"MAINTAINER\"");
    expect(&rig, "instructions.4.original", "\"Copy\"");
    expect_missing(&rig, "instructions.4.args.0");
    expect(
        &rig, "instructions.5.pairs",
        "[{\"name\":\"S\",\"value\":\"a b\",\"legacy\":false},{\"name\":\"T\",\"legacy\":false}]");
    expect(&rig, "instructions.6.paths", "[\"/a\"]");
    expect(&rig, "instructions.7.paths", "[\"/b\",\"/c\"]");
    done(&rig);
}

/* --- the view as a Pod --- */

static void pod_of_a_user(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        /* USER, runAsUser, runAsNonRoot, runAsGroup; "?": UNKNOWN(MISSING) */
        {"FROM a\n", "?", "?", "?"},
        {"FROM scratch\n", "0", "false", "?"},
        {"FROM a\nUSER root\n", "0", "false", "?"},
        {"FROM a\nUSER 0:7\n", "0", "false", "7"},
        {"FROM a\nUSER 1000\n", "1000", "true", "?"},
        {"FROM a\nUSER app:app\n", "?", "true", "?"},
        {"FROM a\nARG U\nUSER $U\n", "?", "?", "?"},
        {"FROM a\nARG U=5\nUSER $U\n", "5", "true", "?"},
    };
    static const char *const keys[] = {"runAsUser", "runAsNonRoot", "runAsGroup"};
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct rig rig = {0};
        assert_int_equal(read_text(&rig, cases[i][0]), 0);
        for (size_t at = 0; at < BW_ARRAY_LEN(keys); at++) {
            char path[80];
            snprintf(path, sizeof path, "spec.containers.0.securityContext.%s", keys[at]);
            if (cases[i][at + 1][0] == '?')
                expect_unknown(find(&rig, 1, path), BW_UNKNOWN_MISSING);
            else
                expect_pod(&rig, path, cases[i][at + 1]);
        }
        done(&rig);
    }
}

static void pod_of_the_last_stage(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(read_text(&rig, "FROM a\nUSER 1\nFROM b\nENV A=1\nEXPOSE 80 53/udp\nCMD c\n"),
                     0);
    assert_int_equal(rig.document.objects_n, 2);
    assert_int_equal(rig.document.objects[1].view_of, 0);
    assert_true(bw_str_eq(rig.document.objects[1].resource, BW_STR("pods")));
    expect_pod(&rig, "spec.containers.0.name", "\"Dockerfile\"");
    expect_pod(&rig, "spec.containers.0.env", "[{\"name\":\"A\",\"value\":\"1\"}]");
    expect_pod(&rig, "spec.containers.0.ports",
               "[{\"containerPort\":80,\"protocol\":\"TCP\"},{\"containerPort\":53,\"protocol\":"
               "\"UDP\"}]");
    expect_pod(&rig, "spec.containers.0.args", "[\"/bin/sh\",\"-c\",\"c\"]");
    expect_unknown(find(&rig, 1, "spec.containers.0.command"), BW_UNKNOWN_MISSING);
    expect_unknown(find(&rig, 1, "spec.containers.0.securityContext.privileged"),
                   BW_UNKNOWN_INEXPRESSIBLE);
    expect_unknown(find(&rig, 1, "spec.hostNetwork"), BW_UNKNOWN_INEXPRESSIBLE);
    done(&rig);
}

/* --- comments --- */

static void comments_that_waive(void **state)
{
    (void)state;
    struct rig rig = {0};
    assert_int_equal(
        read_text(
            &rig,
            "# check=skip=A, B;error=true\n#checkov:skip=CKV_1: because\n"
            "# hadolint global ignore=DL1\nFROM a\n# hadolint ignore=DL2,DL3\n\nRUN a \\\n"
            "# bulwark:ignore inside\n b\n#trivy:ignore:DS-1:exp:2027-01-02 #trivy:ignore:DS-2\n"
            "# bulwark:ignore x,y until=2027-01-01 it is fine\nUSER root\n# trivy\n"
            "# check=skip=all // needed here\nUSER b\n"),
        0);
    assert_int_equal(rig.document.ignores_n, 12);
    expect_ignore(&rig, 0, "A", 0, 0);
    expect_ignore(&rig, 1, "B", 0, 0);
    expect_ignore(&rig, 2, "CKV_1", 0, 0);
    expect_ignore(&rig, 3, "DL1", 0, 0);
    expect_ignore(&rig, 4, "DL2", 7, 9);
    expect_ignore(&rig, 5, "DL3", 7, 9);
    expect_ignore(&rig, 6, "inside", 7, 9);
    expect_ignore(&rig, 7, "DS-1", 12, 12);
    expect_ignore(&rig, 8, "DS-2", 12, 12);
    expect_ignore(&rig, 9, "x", 12, 12);
    expect_ignore(&rig, 10, "y", 12, 12);
    expect_ignore(&rig, 11, "all", 15, 15);
    assert_true(bw_str_eq(rig.document.ignores[2].reason, BW_STR("because")));
    assert_true(bw_str_eq(rig.document.ignores[7].until, BW_STR("2027-01-02")));
    assert_true(bw_str_eq(rig.document.ignores[10].until, BW_STR("2027-01-01")));
    assert_true(bw_str_eq(rig.document.ignores[10].reason, BW_STR("it is fine")));
    assert_true(bw_str_eq(rig.document.ignores[11].reason, BW_STR("needed here")));
    expect(&rig, "instructions.1.comments", "[\"hadolint ignore=DL2,DL3\"]");
    done(&rig);
}

/* --- limits --- */

static void long_files_end_in_gaps(void **state)
{
    (void)state;
    static const char *const parts[] = {"RUN a\n", "COPY a\n", "FROM a\n"};
    static const char *const whys[] = {"more than 10000 instructions: the rest is not read",
                                       "more than 1000 are wrong: no more of them are named",
                                       "more than 1000 stages"};
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++) {
        struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
        struct rig rig = {0};
        bw_buf_str(&text, BW_STR("FROM a\n"));
        for (size_t n = 0; n < 20000; n++)
            bw_buf_str(&text, bw_str(parts[i]));
        assert_int_equal(read_bytes(&rig, bw_buf_slice(&text)), 0);
        bw_buf_byte(&rig.gaps, 0);
        assert_non_null(strstr((char *)rig.gaps.p, whys[i]));
        done(&rig);
    }
}

static void values_do_not_grow_without_end(void **state)
{
    (void)state;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct rig rig = {0};
    bw_buf_str(&text, BW_STR("FROM scratch\nENV a=xxxxxxxx\n"));
    for (size_t n = 0; n < 100; n++)
        bw_buf_str(&text, BW_STR("ENV a=$a$a$a$a\n"));
    assert_int_equal(read_bytes(&rig, bw_buf_slice(&text)), 0);
    expect_missing(&rig, "stages.0.env.a");
    bw_buf_byte(&rig.gaps, 0);
    assert_non_null(strstr((char *)rig.gaps.p, "a word expands to more than 256 KiB"));
    done(&rig);
}

/* Whatever the arena has no room for is an error, never a crash and never half an object. */
static void small_arenas_are_errors(void **state)
{
    (void)state;
    static const char text[] =
        "# check=skip=a\nARG V=1\nFROM a:$V AS b\nENV A=1 B=\"$A\" C=${A#1}\nRUN <<E\nx | y "
        "$(z)\nE\n"
        "FROM b\nCOPY --from=b [\"a\\u0020b\", \"c\"]\nRUN sudo bash -c 'a && `b`' >x\nUSER 1:2\n"
        "EXPOSE 1 2\nHEALTHCHECK CMD [\"sh\",\"-c\",\"d\"]\nONBUILD RUN e\nCMD f\nLABEL \xff=1\n";
    const struct bw_reader_request request = {.path = BW_STR("Dockerfile"), .text = BW_STR(text)};
    const struct bw_reader *reader = bw_reader_named(BW_STR("dockerfile"));
    struct rig rig = {.gaps = BW_BUF(1 << 20)};
    const struct bw_reader_sink sink = {&rig, take_gap};
    int rc = BW_ELIMIT;
    for (size_t size = 64; rc == BW_ELIMIT && size < (1 << 20); size += 61) {
        rig.arena = bw_arena_new(size);
        assert_non_null(rig.arena);
        bw_buf_clear(&rig.gaps);
        rc = bw_reader_read(reader, &request, &sink, rig.arena, &rig.document, &rig.wanted,
                            &rig.wanted_n, &rig.err);
        if (rc == 0)
            expect(&rig, "stages.1.user", "\"1:2\"");
        bw_arena_free(rig.arena);
    }
    if (rc)
        fail_msg("%s", rig.err.msg);
    bw_buf_free(&rig.gaps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognises_by_name),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(bad_instructions_are_gaps),
        cmocka_unit_test(lines_and_places),
        cmocka_unit_test(bytes_that_are_no_utf8),
        cmocka_unit_test(here_documents),
        cmocka_unit_test(scripts_for_others),
        cmocka_unit_test(argument_scopes),
        cmocka_unit_test(variables_of_stages),
        cmocka_unit_test(image_references),
        cmocka_unit_test(warnings_about_from),
        cmocka_unit_test(what_stages_end_with),
        cmocka_unit_test(which_stages_are_used),
        cmocka_unit_test(copies),
        cmocka_unit_test(sources_that_are_ignored),
        cmocka_unit_test(commands_as_values),
        cmocka_unit_test(legacy_and_onbuild),
        cmocka_unit_test(pod_of_a_user),
        cmocka_unit_test(pod_of_the_last_stage),
        cmocka_unit_test(comments_that_waive),
        cmocka_unit_test(long_files_end_in_gaps),
        cmocka_unit_test(values_do_not_grow_without_end),
        cmocka_unit_test(small_arenas_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
