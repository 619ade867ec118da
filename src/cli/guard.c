/*
 * guard: the gates that are servers, and the log of what gates decided.
 */
#include "cli/guard.h"

static const struct bw_verb verbs[] = {
    {
        .name = "log",
        .summary = "verify the log of decisions, and read it",
        .operands = "PATH",
        .about = "Verifies a log that a gate wrote (--log), with its rotated files, the oldest\n"
                 "first: that no line was changed, is missing or out of turn. Prints every break\n"
                 "with its file and line, how many decisions each gate took, and the hash of the\n"
                 "newest line.\n\n"
                 "Who can write the file can write all of it anew. So keep that hash elsewhere,\n"
                 "every day or so: --contains says whether it still stands in the log, and then\n"
                 "nothing before it was changed. Rotation removes the oldest files: the sequence\n"
                 "then begins with a number over 1.\n\n"
                 "Exit code 0: intact; 1: broken, or the hash is not there; 2: wrong use, no such\n"
                 "log; 4: it cannot be read.",
        .examples = "  bulwark guard log /var/log/bulwark/docker.jsonl\n"
                    "  bulwark guard log docker.jsonl --denied --tail 20\n"
                    "  bulwark guard log docker.jsonl --contains 9f3c...\n"
                    "  bulwark guard log docker.jsonl --format json | jq .newest",
        .options = bw_guard_log_options,
        .run = bw_guard_log,
    },
    {0},
};

const struct bw_verb bw_verb_guard = {
    .name = "guard",
    .summary = "gates: what policy forbids cannot start",
    .operands = "log",
    .about = "Gates refuse what policies deny, where containers are made, and write down what\n"
             "they decided.",
    .verbs = verbs,
};
