/*
 * confine.h: a milder lockdown for a process that must keep the network and its files.
 *
 * An import of advisories reads what a server sent and writes one database. Confined, the process
 * can change nothing but one directory, start no program, trace no process and gain no privilege;
 * it reads files and speaks to the network as before.
 */
#ifndef BW_SANDBOX_CONFINE_H
#define BW_SANDBOX_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/* For a process with one thread, for good. `directory` exists. A kernel without Landlock leaves
 * files as they were: *ret_landlock tells. */
int bw_confine(const char *directory, bool *ret_landlock, struct bw_err *err) BW_MUST_USE;

#endif
