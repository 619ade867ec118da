/* evidence.c: an append-only log in which nothing can be changed or taken out unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/evidence.h"
#include "wrap/blake2b.h"

static char directory[64], path[128], told[8192];
static struct bw_evidence_options options;
static struct bw_evidence *evidence;
static struct bw_evidence_verdict verdict;
static struct bw_err error;

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/bulwark-evidence-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/log.jsonl", directory);
    options = (struct bw_evidence_options){.path = path, .keep = 3};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    bw_evidence_close(evidence);
    evidence = NULL;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static void open_log(void)
{
    bw_evidence_close(evidence);
    evidence = NULL;
    if (bw_evidence_open(&options, &evidence, &error))
        fail_msg("%s", error.msg);
}

static int append(const char *members)
{
    return bw_evidence_append(evidence, bw_str(members), &error);
}

static void append_all(int n)
{
    for (int i = 0; i < n; i++) {
        char members[64];
        snprintf(members, sizeof members, "\"gate\":\"test\",\"n\":%d", i);
        if (append(members))
            fail_msg("%s", error.msg);
    }
}

static void problem(void *ctx, const char *file, uint64_t line, const char *what)
{
    (void)ctx;
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s:%llu: %s\n", strrchr(file, '/') + 1,
             (unsigned long long)line, what);
}

static void verify(const char *wanted)
{
    struct bw_evidence_question question = {.path = path, .wanted = wanted, .problem = problem};
    told[0] = '\0';
    if (bw_evidence_verify(&question, &verdict, &error))
        fail_msg("%s", error.msg);
}

static void is_intact(uint64_t lines)
{
    verify(NULL);
    if (verdict.problems)
        fail_msg("%s", told);
    assert_int_equal(verdict.lines, lines);
}

static void is_told(const char *what)
{
    verify(NULL);
    if (!strstr(told, what))
        fail_msg("'%s' has no '%s'", told, what);
}

static struct bw_buf slurp(const char *file)
{
    struct bw_buf buf = BW_BUF((size_t)16 << 20);
    assert_int_equal(bw_fd_slurp_path(file, &buf, &error), 0);
    bw_buf_byte(&buf, '\0');
    buf.n--;
    return buf;
}

static void spill(const char *file, const void *p, size_t n)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(bw_fd_write_full(fd, p, n), 0);
    close(fd);
}

/* --- the chain --- */

static void test_hash(void **state)
{
    (void)state;
    uint8_t digest[BW_BLAKE2B_SIZE];
    char hex[BW_BLAKE2B_HEX_SIZE];
    bw_blake2b("abc", 3, digest);
    bw_blake2b_hex(digest, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void test_lines(void **state)
{
    (void)state;
    open_log();
    append_all(3);
    is_intact(3);
    assert_int_equal(verdict.first, 1);
    assert_int_equal(verdict.last, 3);
    assert_int_equal(verdict.files, 1);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    struct stat st;
    assert_memory_equal(text.p, "{\"sequence\":1,\"time\":\"20", 24);
    assert_non_null(strstr((char *)text.p,
                           "Z\",\"gate\":\"test\",\"n\":0,\"previous\":"
                           "\"0000000000000000000000000000000000000000000000000000000000000000\","
                           "\"hash\":\""));
    assert_non_null(strstr((char *)text.p, verdict.newest));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777 & ~0640, 0);
}

static void test_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        open_log();
        append_all(i);
    }
    is_intact(10);
}

static void test_wanted(void **state)
{
    (void)state;
    char kept[BW_EVIDENCE_HASH_HEX + 1];
    open_log();
    append_all(3);
    is_intact(3);
    memcpy(kept, verdict.newest, sizeof kept);
    append_all(3);
    verify(kept);
    assert_true(verdict.found);
    kept[0] = kept[0] == 'a' ? 'b' : 'a';
    verify(kept);
    assert_false(verdict.found);
    struct bw_evidence_question question = {.path = path, .wanted = "ABC"};
    assert_int_equal(bw_evidence_verify(&question, &verdict, &error), BW_EUSAGE);
}

static void test_too_long(void **state)
{
    (void)state;
    struct bw_buf members BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EVIDENCE_LINE_MAX * 2);
    bw_buf_str(&members, BW_STR("\"a\":\""));
    while (members.n < BW_EVIDENCE_LINE_MAX - 260)
        bw_buf_byte(&members, 'a');
    bw_buf_str(&members, BW_STR("\""));
    open_log();
    assert_int_equal(bw_evidence_append(evidence, bw_buf_slice(&members), &error), 0);
    members.n--;
    while (members.n < BW_EVIDENCE_LINE_MAX)
        bw_buf_byte(&members, 'a');
    bw_buf_str(&members, BW_STR("\""));
    assert_int_equal(bw_evidence_append(evidence, bw_buf_slice(&members), &error), BW_ELIMIT);
    append_all(1);
    is_intact(2);
    open_log();
    append_all(1);
    is_intact(3);
}

/* --- what is noticed --- */

static void test_a_changed_line(void **state)
{
    (void)state;
    open_log();
    append_all(4);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    strstr((char *)text.p, "\"n\":1")[4] = '7';
    spill(path, text.p, text.n);
    is_told("log.jsonl:2: it was changed");
    assert_int_equal(verdict.problems, 1);
    /* and made to look right */
    strstr((char *)text.p, "\"n\":7")[4] = '8';
    char *line = strchr((char *)text.p, '\n') + 1, *hash = strstr(line, ",\"hash\":\"");
    uint8_t digest[BW_BLAKE2B_SIZE];
    char hex[BW_BLAKE2B_HEX_SIZE];
    bw_blake2b(line, (size_t)(hash - line), digest);
    bw_blake2b_hex(digest, hex);
    memcpy(hash + 9, hex, 64);
    spill(path, text.p, text.n);
    is_told("log.jsonl:3: it does not follow the line before it");
    assert_int_equal(verdict.problems, 1);
}

static void test_missing_lines(void **state)
{
    (void)state;
    open_log();
    append_all(6);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    char *second = strchr((char *)text.p, '\n') + 1;
    char *fourth = strchr(strchr(second, '\n') + 1, '\n') + 1;
    size_t left = text.n - (size_t)(fourth - (char *)text.p);
    memmove(second, fourth, left);
    spill(path, text.p, text.n - (size_t)(fourth - second));
    is_told("log.jsonl:2: 2 lines are missing before it: its sequence is 4, due is 2");
    assert_int_equal(verdict.problems, 1);
}

static void test_lines_out_of_turn(void **state)
{
    (void)state;
    open_log();
    append_all(3);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    struct bw_buf twice BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    bw_buf_str(&twice, bw_buf_slice(&text));
    bw_buf_str(&twice, bw_buf_slice(&text));
    spill(path, twice.p, twice.n);
    is_told("log.jsonl:4: it is out of turn: its sequence is 1, due is 4");
}

static void test_other_lines(void **state)
{
    (void)state;
    open_log();
    append_all(2);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    struct bw_buf more BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 20);
    bw_buf_str(&more, bw_buf_slice(&text));
    bw_buf_str(&more, BW_STR("hello\n\n"));
    for (size_t i = 0; i < 3 * BW_EVIDENCE_LINE_MAX; i++)
        bw_buf_byte(&more, 'x');
    bw_buf_byte(&more, '\n');
    spill(path, more.p, more.n);
    open_log();
    append_all(1);
    is_told("log.jsonl:3: it is no line of this log\nlog.jsonl:4: it is empty\n"
            "log.jsonl:5: it is longer than a line of this log may be\n");
    assert_int_equal(verdict.problems, 3);
    assert_int_equal(verdict.last, 3);
}

/* The process that writes knows how far it was. */
static void test_lines_taken_off_the_end(void **state)
{
    (void)state;
    open_log();
    append_all(3);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    assert_int_equal(truncate(path, strchr((char *)text.p, '\n') + 1 - (char *)text.p), 0);
    append_all(1);
    is_told("log.jsonl:2: 2 lines are missing before it");
}

static void test_a_log_emptied(void **state)
{
    (void)state;
    open_log();
    append_all(3);
    assert_int_equal(truncate(path, 0), 0);
    append_all(1);
    verify(NULL);
    assert_int_equal(verdict.first, 4);
}

/* --- faults --- */

static void test_a_line_cut_short(void **state)
{
    (void)state;
    open_log();
    append_all(3);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    assert_int_equal(truncate(path, (off_t)text.n - 20), 0);
    is_told("log.jsonl:3: it was cut short");
    assert_int_equal(verdict.last, 2);
    open_log();
    append_all(2);
    is_told("log.jsonl:3: it was cut short");
    assert_int_equal(verdict.problems, 1);
    assert_int_equal(verdict.last, 4);
    /* only the newline is missing */
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0);
    open_log();
    append_all(1);
    verify(NULL);
    assert_int_equal(verdict.last, 5);
}

static void test_the_first_line_cut_short(void **state)
{
    (void)state;
    spill(path, "{\"sequ", 6);
    open_log();
    append_all(2);
    is_told("log.jsonl:1: it ");
    assert_int_equal(verdict.problems, 1);
    assert_int_equal(verdict.last, 2);
}

static void test_a_full_disk(void **state)
{
    (void)state;
    struct rlimit limit, old;
    struct stat before, after;
    signal(SIGXFSZ, SIG_IGN);
    open_log();
    append_all(3);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = (rlim_t)before.st_size + 50;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = append("\"a\":1"), again = append("\"a\":2");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, BW_EIO);
    assert_int_equal(again, BW_EIO);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    append_all(1);
    is_intact(4);
}

static void test_no_log(void **state)
{
    (void)state;
    spill(path, "root:x:0:0\n", 11);
    assert_int_equal(bw_evidence_open(&options, &evidence, &error), BW_EFORMAT);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = slurp(path);
    assert_string_equal((char *)text.p, "root:x:0:0\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(bw_evidence_open(&options, &evidence, &error), BW_EFORMAT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(bw_evidence_open(&options, &evidence, &error), BW_EFORMAT);
    assert_int_equal(unlink(path), 0);
    options.path = "/tmp/no-such-directory/log";
    assert_int_equal(bw_evidence_open(&options, &evidence, &error), BW_ENOENT);
    options.path = "/tmp/";
    assert_int_equal(bw_evidence_open(&options, &evidence, &error), BW_EUSAGE);
}

static void test_replaced_by_somebody_else(void **state)
{
    (void)state;
    char aside[140];
    open_log();
    append_all(2);
    assert_int_equal(unlink(path), 0);
    append_all(2);
    verify(NULL);
    assert_int_equal(verdict.first, 3);
    assert_int_equal(verdict.problems, 0);
    snprintf(aside, sizeof aside, "%s.1", path); /* as logrotate does */
    assert_int_equal(rename(path, aside), 0);
    spill(path, "", 0);
    append_all(2);
    is_intact(4);
    assert_int_equal(verdict.files, 2);
    spill(path, "nonsense\n", 9);
    assert_int_equal(append("\"a\":1"), BW_EFORMAT);
}

static void test_a_lock_that_is_held(void **state)
{
    (void)state;
    open_log();
    int fd = open(path, O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(append("\"a\":1"), BW_ETIMEOUT);
    close(fd);
    append_all(1);
    is_intact(1);
}

/* --- rotation, and several processes --- */

static void test_rotation(void **state)
{
    (void)state;
    options.rotate_bytes = 1000;
    open_log();
    append_all(12);
    is_intact(12);
    assert_true(verdict.files > 2 && verdict.files <= 4);
    open_log();
    append_all(50);
    verify(NULL);
    assert_int_equal(verdict.problems, 0);
    assert_int_equal(verdict.files, 4);
    assert_int_equal(verdict.last, 62);
    assert_true(verdict.first > 1);
    /* Where the newest is empty, the chain comes from the one before. */
    char aside[140];
    snprintf(aside, sizeof aside, "%s.4", path);
    assert_int_equal(access(aside, F_OK), -1);
    snprintf(aside, sizeof aside, "%s.2", path);
    assert_int_equal(unlink(aside), 0);
    is_told("lines are missing before it");
}

static void write_much(int n)
{
    for (int i = 0; i < n; i++) {
        if (i % 7 == 0) /* as the runtime wrapper: a line a process */
            open_log();
        append_all(1);
    }
    _exit(0);
}

static void test_many_processes(void **state)
{
    (void)state;
    pid_t children[4];
    options.rotate_bytes = 20000;
    options.keep = 100;
    for (size_t i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0)
            write_much(300);
    }
    for (size_t i = 0; i < 4; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    is_intact(1200);
    assert_true(verdict.files > 5);
}

static void test_two_openers(void **state)
{
    (void)state;
    struct bw_evidence *other = NULL;
    options.rotate_bytes = 2000;
    open_log();
    assert_int_equal(bw_evidence_open(&options, &other, &error), 0);
    for (int i = 0; i < 20; i++) {
        append_all(1 + i % 3);
        assert_int_equal(bw_evidence_append(other, BW_STR("\"other\":true"), &error), 0);
    }
    bw_evidence_close(other);
    verify(NULL);
    assert_int_equal(verdict.problems, 0);
    assert_int_equal(verdict.last, 59);
}

static void test_nothing_there(void **state)
{
    (void)state;
    struct bw_evidence_question question = {.path = path};
    assert_int_equal(bw_evidence_verify(&question, &verdict, &error), BW_ENOENT);
    spill(path, "", 0);
    is_intact(0);
    assert_string_equal(verdict.newest, "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_hash),
        CASE(test_lines),
        CASE(test_goes_on),
        CASE(test_wanted),
        CASE(test_too_long),
        CASE(test_a_changed_line),
        CASE(test_missing_lines),
        CASE(test_lines_out_of_turn),
        CASE(test_other_lines),
        CASE(test_lines_taken_off_the_end),
        CASE(test_a_log_emptied),
        CASE(test_a_line_cut_short),
        CASE(test_the_first_line_cut_short),
        CASE(test_a_full_disk),
        CASE(test_no_log),
        CASE(test_replaced_by_somebody_else),
        CASE(test_a_lock_that_is_held),
        CASE(test_rotation),
        CASE(test_many_processes),
        CASE(test_two_openers),
        CASE(test_nothing_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
