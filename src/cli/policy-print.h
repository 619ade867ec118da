/*
 * policy-print.h: what the verbs of `bulwark policy` print in common.
 */
#ifndef BW_CLI_POLICY_PRINT_H
#define BW_CLI_POLICY_PRINT_H

#include "check/policy.h"
#include "cli/terminal.h"
#include "report/text.h"
#include "wrap/json.h"

/* How a person reads what goes to that file. */
struct bw_output_options bw_policy_print_options(const struct bw_output_file *file);

/* What it does where it has something to say: "Deny", "Warn", "Audit", or "Mutate". */
const char *bw_policy_does(const struct bw_policy *policy);

/* A policy as an object of JSON: with its expressions where `whole`. */
void bw_policy_put_json(struct bw_json_writer *w, const struct bw_policy_set *set, size_t policy,
                        bool whole);

/* "{"schema_version": 1, "policies": [...]}" of n policies by their index. BW_ENOMEM, and the
 * errors of the file. */
int bw_policy_print_json(struct bw_output_file *file, const struct bw_policy_set *set,
                         const size_t *policies, size_t n, bool whole,
                         struct bw_err *err) BW_MUST_USE;

#endif
