/*
 * guard.h: the verbs of `bulwark guard`, each in a file of its own.
 */
#ifndef BW_CLI_GUARD_H
#define BW_CLI_GUARD_H

#include "cli/cli.h"

extern const struct bw_option bw_guard_docker_options[];
int bw_guard_docker(const struct bw_verb *verb, int argc, char **argv);
extern const struct bw_option bw_guard_kubernetes_options[];
int bw_guard_kubernetes(const struct bw_verb *verb, int argc, char **argv);

extern const struct bw_option bw_guard_log_options[];
int bw_guard_log(const struct bw_verb *verb, int argc, char **argv);

#endif
