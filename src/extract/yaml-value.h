/*
 * yaml-value.h: from a YAML document to values, by the rules of whoever reads it in production.
 *
 * The same text means different things to different programs. Kubernetes reads `privileged: yes`
 * as true, because go-yaml v2 resolves scalars as YAML 1.1 does; Compose, on yaml.v3, reads a
 * string. Here both do as their program does: plain scalars, tags, keys that are no strings, merge
 * keys ("<<") and which of two members wins.
 *
 * Aliases are followed: a value that stands behind two aliases becomes two. So there is a budget of
 * values, and documents whose aliases multiply end at it. Values and keys have places; those of an
 * alias are where the value of its anchor was written.
 */
#ifndef BW_EXTRACT_YAML_VALUE_H
#define BW_EXTRACT_YAML_VALUE_H

#include <stdint.h>

#include "base/err.h"
#include "base/value.h"
#include "extract/document.h"
#include "wrap/yaml.h"

/* What all documents of a text may become, aliases followed; keys count. */
#define BW_YAML_VALUE_BUDGET 4194304u

enum bw_yaml_dialect {
    /*
     * sigs.k8s.io/yaml and what the API server decodes from the JSON that it makes: go-yaml v2
     * scalars (yes, no, on, off, y, n; octal 0 and 0o, binary, underscores); a number without
     * fraction is an integer (1e3 is 1000), one over int64 a double; .inf and .nan are errors.
     * Keys become strings (`on:` is the key "true"). Merge keys are applied where they stand: what
     * stands before one is overwritten by it.
     */
    BW_YAML_KUBERNETES,
    /*
     * compose-go on yaml.v3: only true and false are booleans; keys are strings, or an error; what
     * a mapping says itself wins over what it merges. Tags of Compose's own (!reset, !override) do
     * not change a value but that their scalars are strings, and show in its flags.
     */
    BW_YAML_COMPOSE,
};

/* In the flags of values, of BW_YAML_COMPOSE alone: the tag that a value has. The reader takes them
 * off before anybody else sees the values. */
#define BW_YAML_RESET    0x80u
#define BW_YAML_OVERRIDE 0x40u

/* How values are made, and how many more may be. */
struct bw_yaml_values {
    struct bw_reading *reading; /* its arena and places */
    uint32_t file;              /* index of the text among the document's files */
    enum bw_yaml_dialect dialect;
    uint32_t left; /* begin with BW_YAML_VALUE_BUDGET */
};

/*
 * A document's root, or any value in it, as a value. BW_EFORMAT, with the line at the front of the
 * message: two keys of a mapping that are the same, a scalar that does not fit its tag, a merge of
 * what is no mapping, a key that is no scalar. BW_ELIMIT: more values than the budget or the arena
 * has, deeper than BW_VALUE_DEPTH_MAX once aliases are followed.
 */
int bw_yaml_value(struct bw_yaml_values *values, const struct bw_yaml *node,
                  struct bw_value *ret_value, struct bw_err *err) BW_MUST_USE;

#endif
