/*
 * scan.h: from targets to a report: acquire, unpack, extract, check, decide.
 *
 * The composer of the pipeline, used by the command line and, later, by the daemon. One thread;
 * the bytes of images are parsed in the pool's workers.
 */
#ifndef BW_SCAN_SCAN_H
#define BW_SCAN_SCAN_H

#include <stdbool.h>

#include "acquire/registry-options.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/licence.h"
#include "model/object.h"
#include "model/report.h"

/* Bytes that the facts of one run may take: the maximum of its arena. */
#define BW_SCAN_FACTS_MAX ((size_t)2 << 30)

#define BW_SCAN_LAYER_SIZE_MAX   ((uint64_t)32 << 30) /* default of --max-layer-size */
#define BW_SCAN_ENTRIES_MAX      5000000u             /* default of --max-entries */
#define BW_SCAN_ARCHIVE_SIZE_MAX ((uint64_t)4 << 30)  /* default of --max-archive-size */
#define BW_SCAN_TIMEOUT_MS       1800000              /* default of --timeout: half an hour */
#define BW_SCAN_TARGETS_MAX      10000u

/* How far a run is. Bytes are those stored in the layers of the target at hand; the total grows as
 * they become known. */
struct bw_scan_progress {
    const char *target;
    size_t targets_done, targets_n;
    uint64_t bytes_done, bytes_total;
};

struct bw_scan_options {
    const char *platform; /* NULL: this machine's */
    bool verify_full;     /* also compare diff IDs that a blob digest covers already */
    int64_t timeout_ms;   /* 0: none */
    uint64_t layer_size_max, entries_max;
    unsigned workers;                /* parsers; 0: one a processor, at most 8 */
    bool want_files;                 /* keep the paths that packages own */
    bool secrets;                    /* look for secrets */
    bool files;                      /* look at modes, checksums and programs */
    bool locks;                      /* believe lock files also where software is installed */
    bool objects;                    /* make objects for policies of images */
    bool all_files;                  /* list every regular file, with its checksum */
    enum bw_digest_algorithm digest; /* of every file; BW_DIGEST_NONE: the one that the package
                                        manager of the target records */
    const char *base;  /* the target that images were built on, to tell its layers; NULL: none */
    const char *cache; /* the file of the cache (scan/cache.h); NULL: none is used */
    uint64_t archive_size_max; /* bytes of all members of one file that is an archive */
    struct bw_registry_options registry;
    void (*progress)(void *ctx, const struct bw_scan_progress *progress);
    void *progress_ctx;
};

/* The values named above, and everything looked for. */
struct bw_scan_options bw_scan_options(void);

struct bw_scan; /* a run under way: its workers and what it found */
struct bw_know; /* know/advisories.h */

/* Starts the workers; before any thread and before any credential is read. NULL on failure. */
struct bw_scan *bw_scan_new(const struct bw_scan_options *options, struct bw_arena *arena,
                            struct bw_err *err) BW_MUST_USE;
void bw_scan_free(struct bw_scan *scan); /* takes NULL; the report stays: it is in the arena */

/* How many targets are to come, for the progress; 0 where it is not known. */
void bw_scan_expect(struct bw_scan *scan, size_t targets);

/* Examines one target and adds its subject, with gaps for what could not be read. What makes it
 * unusable as a whole (not there, corrupt from the start) is an error, and nothing was added. */
int bw_scan_target(struct bw_scan *scan, const char *target, struct bw_err *err) BW_MUST_USE;

/* Adds a target that failed as a subject with a blocking gap. */
int bw_scan_failed_target(struct bw_scan *scan, const char *target, const struct bw_err *why,
                          struct bw_err *err) BW_MUST_USE;

/* The names, with prefix, of all images of the local Docker daemon and of the containerd and Podman
 * stores of this machine; in the arena. A store that is not there, or not to be read, is passed
 * over with a warning in the log; where none can be, Docker's failure is the error. */
int bw_scan_local_images(struct bw_scan *scan, struct bw_strs *ret_names,
                         struct bw_err *err) BW_MUST_USE;

/* Adds every subject that the cache has of this build, as it was found, without a look at the
 * images. BW_ENOENT where there are none, or no cache. */
int bw_scan_cached(struct bw_scan *scan, struct bw_err *err) BW_MUST_USE;

/* What documents may use that stands in none of them. All zero: nothing. */
struct bw_read_options {
    const struct bw_str *profiles; /* of compose files; "*" is all of them */
    size_t profiles_n;
    const struct bw_str *environment; /* "NAME=value": for the variables of compose files */
    size_t environment_n;
};

/* Reads the documents that policies judge at or below a path ("-" is standard input), and adds a
 * subject of kind BW_SUBJECT_DOCUMENTS, with gaps for what could not be read. A path that is not
 * there is an error, and nothing was added. */
int bw_scan_documents(struct bw_scan *scan, const char *path, const struct bw_read_options *options,
                      struct bw_err *err) BW_MUST_USE;

/* A document that was read. Places are indices into one list for all documents. */
struct bw_read_document {
    struct bw_document document;
    uint32_t subject; /* index into the subjects */
};

/* All documents so far, and where their values were written: places[i].file is an index into files.
 */
struct bw_objects {
    const struct bw_read_document *documents;
    size_t documents_n;
    const struct bw_value_place *places; /* places[0] is nowhere */
    size_t places_n;
    const struct bw_str *files; /* as the person would write them */
    size_t files_n;
};
struct bw_objects bw_scan_objects(const struct bw_scan *scan);

/* The facts of all subjects as a report: no findings, no results. Call once. */
int bw_scan_report(struct bw_scan *scan, struct bw_report *ret_report,
                   struct bw_err *err) BW_MUST_USE;

/* What the person wants judged, beside what is always. */
struct bw_policy_set;
struct bw_policy_selection;
struct bw_judge_policies {
    const struct bw_policy_set *set;
    const struct bw_policy_selection *selection;
};

struct bw_judge_options {
    struct bw_licence_rules licences;
    const struct bw_judge_policies *policies; /* to judge the objects of subjects by */
    size_t policies_n;
    bool only_policies; /* and by nothing else */
    /* Called for each finding of a policy that no annotation and no comment waives; may be NULL.
     * The document and the object live as long as the arena. */
    void (*found)(void *ctx, const struct bw_judge_policies *policies,
                  const struct bw_finding *finding, size_t policy,
                  const struct bw_document *document, const struct bw_object *object);
    void *found_ctx;
};

/* Judges all subjects by every suite of check/check.h and their objects by the policies of the
 * options (NULL: none), by the advisories (NULL: none, which is a gap), and fills the report; its
 * verdict is decide/verdict.h's. Call once. */
int bw_scan_judge(struct bw_scan *scan, struct bw_know *know,
                  const struct bw_judge_options *options, struct bw_report *ret_report,
                  struct bw_err *err) BW_MUST_USE;

#endif
