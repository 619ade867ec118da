/*
 * run-confinement.h: the profiles of bulwark for containers on this machine.
 */
#ifndef BW_CLI_RUN_CONFINEMENT_H
#define BW_CLI_RUN_CONFINEMENT_H

#include "base/arena.h"
#include "base/err.h"

/* The name of the AppArmor profile of packaging/apparmor. */
#define BW_RUN_APPARMOR "bulwark-default"

/* The path of a file that holds our seccomp profile, in the arena: the installed one where it is
 * that of this program, else one that is written into the user's runtime or cache directory. */
int bw_run_seccomp_file(struct bw_arena *arena, const char **ret_path,
                        struct bw_err *err) BW_MUST_USE;

/* Whether the kernel has our AppArmor profile. false also where that is not to be known. */
bool bw_run_has_apparmor(void);

#endif
