/*
 * A bill of materials: one file, whose bytes only the sandboxed worker looks into.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/local-files.h"
#include "base/fd.h"

#define SNIFF 64u

/* A JSON object in a file that is called JSON: every tar and every image is something else. */
static bool probe(const char *argument)
{
    char first[SNIFF];
    struct stat st;
    if (!bw_str_ends(bw_str(argument), BW_STR(".json")) || stat(argument, &st) ||
        !S_ISREG(st.st_mode))
        return false;
    int fd BW_CLEANUP(bw_fd_closep) = open(argument, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : bw_fd_read_full(fd, first, sizeof first);
    struct bw_str text = bw_str_n(first, n < 0 ? 0 : (size_t)n);
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        text = bw_str_from(text, 3);
    return bw_str_starts(bw_str_trim(text), BW_STR("{"));
}

static int open_file(const char *argument, int *ret_fd, struct bw_err *err)
{
    if (bw_str_eq(bw_str(argument), BW_STR("-"))) {
        if (isatty(STDIN_FILENO))
            return bw_err_set(err, BW_EUSAGE, "- is standard input, which is a terminal");
        *ret_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    } else {
        *ret_fd = open(argument, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    }
    return *ret_fd < 0 ? bw_err_errno(err, "%s", argument) : 0;
}

static int open_sbom(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                     struct bw_err *err)
{
    struct stat st;
    int fd = -1;
    int rc = open_file(argument, &fd, err);
    if (rc)
        return rc;
    rc = bw_image_keep_file(ret_image, acquire->arena, fd, err);
    if (rc)
        return rc;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return bw_err_set(err, BW_EUSAGE, "%s: a directory is no bill of materials", argument);
    ret_image->form = BW_FORM_DOCUMENT;
    ret_image->subject.kind = BW_SUBJECT_SBOM;
    return 0;
}

const struct bw_source bw_source_sbom = {
    .name = "sbom",
    .summary = "a bill of materials: CycloneDX, SPDX or Syft, as JSON",
    .probe = probe,
    .open = open_sbom,
};
