/*
 * target.h: a target while it is examined: its image, the view of its layers, the facts at each
 * entry, and the jobs that bring them; private to src/scan.
 */
#ifndef BW_SCAN_TARGET_H
#define BW_SCAN_TARGET_H

#include "acquire/source.h"
#include "base/vec.h"
#include "model/object.h"
#include "model/wire.h"
#include "sandbox/pool.h"
#include "scan/cache.h"
#include "scan/job.h"
#include "scan/scan.h"
#include "unpack/view.h"

#define BW_SCAN_GAPS_MAX 100000u

/* Facts that were read at an entry of the view; bw_view_entry.facts is the first. */
struct bw_scan_fact {
    struct bw_scan_fact *next;
    enum bw_fact_kind kind;
    struct bw_place place;
    union {
        const struct bw_distribution *distribution;
        const struct bw_package *package;
        const struct bw_ownership *ownership;
        const struct bw_secret *secret;
        const struct bw_elf *elf;
    };
};

struct bw_scan {
    struct bw_scan_options options;
    struct bw_pool *pool;
    struct bw_cache *cache; /* NULL: none */
    struct bw_arena *arena;
    struct bw_strs base; /* diff IDs of options.base, lowest first */
    bool base_known;     /* it was looked up */
    int64_t started, started_ms;
    struct bw_scan_progress progress;
    BW_VEC_TYPE(bw_subjects, struct bw_subject) subjects;
    BW_VEC_TYPE(bw_gaps, struct bw_gap) gaps;
    BW_VEC_TYPE(bw_read_documents, struct bw_read_document) documents;
    BW_VEC_TYPE(bw_read_places, struct bw_value_place) places; /* of all; `file` is into `files` */
    BW_VEC_TYPE(bw_read_files, struct bw_str) files;
};

/* A copy of n elements in the arena, or NULL. */
void *bw_scan_keep(struct bw_arena *arena, const void *p, size_t n, size_t size) BW_MUST_USE;

/* A member of an archive that was read as a stream. */
struct bw_scan_member {
    struct bw_str path, link;
    struct bw_str json; /* its bytes, where it is a document */
    uint64_t size;
    bool has_blob;
    struct bw_scan_blob blob; /* where it is a layer */
};

/* The records of a layer, on their way into the cache. */
struct bw_recording {
    struct bw_buf bytes;
    unsigned due;  /* jobs that have to succeed before they are kept */
    bool spoilt;   /* something was not read */
    bool replayed; /* they came from the cache */
};

struct bw_target {
    struct bw_scan *scan;
    const char *argument;
    struct bw_image image;
    struct bw_view *view;
    BW_VEC_TYPE(bw_scan_members, struct bw_scan_member) members; /* BW_FORM_STREAM */
    /* BW_FORM_STREAM, once the layers are known: the member that each layer is. Until then the view
     * has members as layers. */
    uint32_t *member_of;
    BW_VEC_TYPE(bw_scan_config_secrets, struct bw_kept_secret) config_secrets;
    struct bw_recording *recordings; /* one a layer, or NULL */
    enum bw_digest_algorithm digest; /* the checksums to take of files */
    uint64_t fetched; /* bytes of the layer that is fetched, as far as the progress has them */
    size_t gaps_from; /* index of its first gap in scan->gaps */
    int failure;      /* the first failure of the environment: ends the target */
    struct bw_err failure_err;
};

/* Adds a gap; texts are copied. A gap that cannot be kept fails the target. */
void bw_target_gap(struct bw_target *target, enum bw_gap_class class, struct bw_str where,
                   struct bw_str what, struct bw_str why);

/* Takes a batch of records from a job. Facts must carry a layer in [first, last]. */
int bw_target_records(struct bw_target *target, uint32_t first, uint32_t last, struct bw_str bytes,
                      struct bw_err *err) BW_MUST_USE;

/* As bw_target_records, of records that were kept: they are of this layer, whichever they say. */
int bw_target_replay_records(struct bw_target *target, uint32_t layer, struct bw_str bytes,
                             struct bw_err *err) BW_MUST_USE;

/* "layer 3 sha256:0123456789ab", or "the file system"; in the arena. */
struct bw_str bw_target_layer_name(const struct bw_target *target, uint32_t layer);

/* Reads all layers: jobs, digests, gaps. Patterns as in job.h: with `only`, a second look for
 * files that links led to. */
int bw_target_read_layers(struct bw_target *target, struct bw_str wanted, bool only,
                          struct bw_err *err) BW_MUST_USE;

/* BW_FORM_STREAM: the same for an archive that passes once; layers become known in the end. */
int bw_target_read_stream(struct bw_target *target, struct bw_str wanted, bool only,
                          struct bw_err *err) BW_MUST_USE;

/* BW_FORM_TREES. */
int bw_target_read_trees(struct bw_target *target, struct bw_str wanted, bool only,
                         struct bw_err *err) BW_MUST_USE;

/* Follows links out of the parsers' patterns and reads what they lead to. */
int bw_target_second_look(struct bw_target *target, struct bw_err *err) BW_MUST_USE;

/* Fills distribution, packages and removed packages of the subject from the view. */
int bw_target_inventory(struct bw_target *target, struct bw_subject *subject,
                        struct bw_err *err) BW_MUST_USE;

/* Joins the packages with what other files say of them, tells which packages own what, and fills
 * the files of the topmost view that are worth a look. */
int bw_target_look_at_files(struct bw_target *target, struct bw_subject *subject,
                            struct bw_err *err) BW_MUST_USE;

/* Fills the secrets of the subject: those of all layers, and those of the image's configuration. */
int bw_target_find_secrets(struct bw_target *target, struct bw_subject *subject,
                           struct bw_err *err) BW_MUST_USE;

/* Fills the regular files of the topmost view. */
int bw_target_list_files(struct bw_target *target, struct bw_subject *subject,
                         struct bw_err *err) BW_MUST_USE;

/* What acquisition may ask while it opens this target. */
struct bw_acquire bw_target_acquire(struct bw_target *target);

/* --- the cache, in cached.c --- */

/* From then on the records of each layer are gathered. false when memory is short. */
bool bw_target_start_recording(struct bw_target *target) BW_MUST_USE;
void bw_target_record(struct bw_target *target, uint32_t layer, struct bw_str bytes);
void bw_target_spoil(struct bw_target *target, uint32_t layer);
/* The records are kept under what names the bytes, which anybody may claim: not before so many
 * calls of bw_target_keep_layer have said that they were read whole, and that they are what they
 * claim. Without this call one suffices. */
void bw_target_expect(struct bw_target *target, uint32_t layer, unsigned calls);
void bw_target_keep_layer(struct bw_target *target, uint32_t layer);
void bw_target_stop_recording(struct bw_target *target);

/* Takes the records of a layer that the cache has. */
int bw_target_replay(struct bw_target *target, uint32_t layer, bool *ret_found,
                     struct bw_err *err) BW_MUST_USE;

/* Which checksums to take, as the lowest layer told it before. */
bool bw_target_recall_look(struct bw_target *target);
void bw_target_keep_look(struct bw_target *target);

/* Whether a blob is in a file that has not changed since it was seen to have that digest. */
bool bw_target_is_verified(struct bw_target *target, const struct bw_blob *blob,
                           struct bw_str digest);
void bw_target_keep_verified(struct bw_target *target, const struct bw_blob *blob,
                             struct bw_str digest);

/* The key of the whole subject; false where it has none, or no cache is used. */
bool bw_target_subject_key(const struct bw_target *target, struct bw_cache_key *ret_key);
int bw_target_recall(struct bw_target *target, const struct bw_cache_key *key,
                     struct bw_subject *subject, bool *ret_found, struct bw_err *err) BW_MUST_USE;
void bw_target_keep(struct bw_target *target, const struct bw_cache_key *key,
                    const struct bw_subject *subject);

/* Compares a digest that was computed with one that was promised ("sha256:..."): a difference is a
 * blocking gap. */
void bw_target_compare_digest(struct bw_target *target, struct bw_str where, const char *kind,
                              struct bw_str promised, const uint8_t computed[32]);

/* The job's own memory: request, descriptors; freed by its done callback. */
struct bw_target_job {
    struct bw_job job;
    struct bw_target *target;
    struct bw_scan_request request;
    struct bw_buf bytes;
    int fds[BW_JOB_FDS_MAX];
    bool owns_fds;
    bool is_quiet; /* its failure is no gap */
    bool blob_seen;
    struct bw_scan_blob blob;
    uint32_t answer; /* BW_SCAN_KIND */
    uint32_t first_layer, last_layer;
    struct bw_str where, what; /* for the gap when it fails */
    void (*after)(struct bw_target_job *job, int status);
};

/* A job with its request; NULL when memory is short. */
struct bw_target_job *bw_target_job_new(struct bw_target *target, enum bw_worker_role role,
                                        enum bw_scan_job kind, uint32_t layer) BW_MUST_USE;

/* Submits; from here the pool and the callbacks own it. `tail` is what follows the request. */
int bw_target_submit(struct bw_target_job *job, struct bw_str tail, size_t fds_n,
                     struct bw_err *err) BW_MUST_USE;

/* Waits for all jobs, and gives back the target's failure if one happened. */
int bw_target_wait(struct bw_target *target, struct bw_err *err) BW_MUST_USE;

#endif
