/*
 * assignments.h: the shell-like KEY=value lines of os-release(5) and /etc/lsb-release.
 *
 * Read as os-release(5) demands and no shell would be needed for:
 *   - blank lines and lines that begin with '#' say nothing; so does any line that is not an
 *     assignment to a name of letters, digits and '_', or whose quotes are not closed on it;
 *   - 'single quotes' hold everything up to the next one; in "double quotes" a backslash stands
 *     before '"', '$', '`' and '\', and before a newline, which both vanish; outside of quotes it
 *     stands before any character. Nothing is expanded;
 *   - text in quotes may be followed by blanks and a comment only: pieces are not joined;
 *   - a value without quotes ends with the line or at a blank before '#'; blanks around it go.
 * A byte order mark at the start and carriage returns at the ends of lines are dropped. A value
 * with a control character is no value.
 */
#ifndef BW_EXTRACT_ASSIGNMENTS_H
#define BW_EXTRACT_ASSIGNMENTS_H

#include <stdbool.h>

#include "base/str.h"

struct bw_assignments {
    const char *p, *end; /* what is still to be read */
    char *out;           /* where the next value goes */
};

/* `room` has text.n bytes: the values are kept there, so it must outlive them; they may be changed
 * in place. */
struct bw_assignments bw_assignments(struct bw_str text, char *room);

/* The next assignment. false at the end of the text. */
bool bw_assignments_next(struct bw_assignments *from, struct bw_str *ret_key,
                         struct bw_str *ret_value);

#endif
