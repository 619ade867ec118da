/*
 * document.h: from the bytes of a document to the objects that policies judge.
 *
 * A reader is one .c file that exports one `const struct bw_reader` named bw_reader_NAME and one
 * word in meson.build; the table is generated from that list. Readers run in the sandboxed worker:
 * they open nothing. A document that needs other files (a compose file's includes, env files) asks
 * for them by path; what is not at hand is noted in `wanted`, and the caller may call again with
 * more files. A reader must therefore be cheap to begin again and must make do without them (a
 * gap).
 */
#ifndef BW_EXTRACT_DOCUMENT_H
#define BW_EXTRACT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/value.h"
#include "base/vec.h"
#include "model/gap.h"
#include "model/object.h"

/* Bytes of one document, and of all files that one is made of. */
#define BW_READER_TEXT_MAX  ((size_t)64 << 20)
#define BW_READER_FILES_MAX ((size_t)128 << 20)

struct bw_reader_file {
    struct bw_str path;
    struct bw_str text;
    bool missing; /* the caller looked, and there is none (or it may not be read): do not ask again
                   */
};

/* The machine that a container is about to be made on. Nothing more will be known of the container
 * than what the document says, and what the machine answers. */
struct bw_reader_machine {
    bool apparmor; /* its kernel has AppArmor */
    /* Whether the file at a path is the machine's own namespace of a type ("network"), or cannot be
     * told. */
    bool (*is_host)(struct bw_str type, struct bw_str path);
};

/* What the caller knows. All slices outlive the reading. */
struct bw_reader_request {
    struct bw_str path; /* as the person would write it: "shop/compose.yaml"; "-" for a pipe */
    struct bw_str text;
    const struct bw_reader_file *files; /* other files at hand */
    size_t files_n;
    const struct bw_str *profiles; /* of compose; "*" is all */
    size_t profiles_n;
    const struct bw_str *environment; /* "NAME=value": what compose files may use besides .env */
    size_t environment_n;
    const struct bw_reader_machine *here; /* a container is about to be made of it; else NULL */
};

/* Where gaps go. Slices may be short-lived. */
struct bw_reader_sink {
    void *ctx;
    void (*gap)(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why);
};

/* A reading under way. Readers use the functions below. */
struct bw_reading {
    const struct bw_reader_request *request;
    const struct bw_reader_sink *sink;
    struct bw_arena *arena;
    struct bw_value_maker make; /* in that arena */
    enum bw_syntax syntax;
    BW_VEC_TYPE(bw_reading_files, struct bw_str) files;
    BW_VEC_TYPE(bw_reading_places, struct bw_value_place) places;
    BW_VEC_TYPE(bw_reading_objects, struct bw_object) objects;
    BW_VEC_TYPE(bw_reading_ignores, struct bw_ignore) ignores;
    BW_VEC_TYPE(bw_reading_wanted, struct bw_str) wanted;
};

struct bw_reader {
    const char *name; /* "dockerfile" */
    const char *what; /* what is lost when it fails, for gaps: "the Dockerfile" */
    enum bw_syntax syntax;
    /* Whether a document is its own: by name and, where the name does not tell, by content. */
    bool (*recognise)(struct bw_str path, struct bw_str text);
    /* BW_EFORMAT when the document as a whole is unusable; a bad part among good ones is a gap
     * (blocking) and the rest goes on. */
    int (*read)(struct bw_reading *reading, struct bw_err *err);
};

/* All readers in the order they are asked, NULL at the end: generated from the list in meson.build.
 */
extern const struct bw_reader *const bw_readers[];
const struct bw_reader *bw_reader_named(struct bw_str name);

/* The reader that recognises a document, or NULL: then it is none that policies are about. */
const struct bw_reader *bw_reader_for(struct bw_str path, struct bw_str text);

/* Reads a document. Everything returned lives in the arena. ret_wanted: paths it asked for and did
 * not get; where there are any, the document was read without them. BW_EFORMAT as above (the
 * message begins with the line where there is one), BW_ELIMIT, BW_ENOMEM. */
int bw_reader_read(const struct bw_reader *reader, const struct bw_reader_request *request,
                   const struct bw_reader_sink *sink, struct bw_arena *arena,
                   struct bw_document *ret_document, struct bw_str **ret_wanted,
                   size_t *ret_wanted_n, struct bw_err *err) BW_MUST_USE;

/* --- for readers --- */

/* For documents that are read with more than a reader is given or gives back: a reading, what has
 * been added to it as a document (BW_ELIMIT), and its end. The request outlives it. */
struct bw_reading bw_reading_begin(const struct bw_reader_request *request,
                                   const struct bw_reader_sink *sink, struct bw_arena *arena,
                                   enum bw_syntax syntax);
int bw_reading_document(struct bw_reading *reading, struct bw_document *ret_document,
                        struct bw_err *err) BW_MUST_USE;
void bw_reading_end(struct bw_reading *reading);

/* The index of a file that the document is made of, added where it is new; 0 is its own. */
uint32_t bw_reading_file(struct bw_reading *reading, struct bw_str path);

/* The place of a value; 0 when there are too many (the values then have none). */
uint32_t bw_reading_place(struct bw_reading *reading, uint32_t file, uint32_t line,
                          uint32_t column);

/* Another file: its text, or false where it is not at hand (wanted from then on) or missing. */
bool bw_reading_other(struct bw_reading *reading, struct bw_str path, struct bw_str *ret_text);

/* A path that a document names, seen from the file that names it: "shop/compose.yaml" and "./.env"
 * give "shop/.env". p is NULL where it leads out of the tree the person named, is absolute, or
 * holds a NUL: no file of the machine is read because a document says so. */
struct bw_str bw_reading_beside(struct bw_reading *reading, struct bw_str from, struct bw_str path);

/* Adds an object; its slices are copied. Returns its index, or BW_OBJECT_NO_VIEW at the maximum,
 * which is a gap. */
uint32_t bw_reading_object(struct bw_reading *reading, const struct bw_object *object);
void bw_reading_ignore(struct bw_reading *reading, const struct bw_ignore *ignore);

/* `where` is the document's path, with the line where it is not 0. */
void bw_reading_gap(struct bw_reading *reading, enum bw_gap_class class, uint32_t line,
                    struct bw_str what, const char *why, ...) BW_PRINTF(5, 6);

#endif
