/*
 * rust-audit.h: the crates a Rust program was built from, as cargo-auditable embeds them: the ELF
 * section .dep-v0, a zlib stream of JSON
 * (github.com/rust-secure-code/cargo-auditable, PARSING.md and cargo-auditable.schema.json):
 *   {"packages": [{"name", "version", "source": "crates.io" | "git" | "local" | ...,
 *                  "kind": "runtime" (absent) | "build", "dependencies": [INDEX...], "root":
 * true}]}
 *
 * Programs built without it still hold the file names of panic messages; crates are recognised by
 * the directory that cargo unpacks them to, ".../registry/src/INDEX/NAME-VERSION/". That list is
 * true but not complete, which a note gap says.
 */
#ifndef BW_EXTRACT_RUST_AUDIT_H
#define BW_EXTRACT_RUST_AUDIT_H

#include "extract/elf-reader.h"
#include "extract/record.h"

#define BW_RUST_AUDIT_MAX  ((size_t)8 << 20) /* bytes of the JSON */
#define BW_RUST_CRATES_MAX 65536u

/* Sends what the section names: all but build dependencies and local crates. Without the section,
 * what file names give. BW_EFORMAT and BW_ELIMIT are gaps; other failures are the sink's. */
int bw_rust_audit_send(const struct bw_elf_file *file, struct bw_record_gaps *gaps,
                       struct bw_err *err) BW_MUST_USE;

#endif
