/*
 * guard: the gates that are servers, and the log of what gates decided.
 */
#include "cli/guard.h"

static const struct bw_verb verbs[] = {
    {
        .name = "kubernetes",
        .summary = "the admission webhook of a cluster",
        .operands = "",
        .about =
            "Answers the API server of a cluster: /validate refuses what policies deny, and\n"
            "passes on what they warn of; /mutate changes what mutating policies change.\n"
            "/healthz, /readyz and /metrics are for whoever watches it. A chart and manifests\n"
            "are in charts/bulwark and packaging/kubernetes.\n\n"
            "Certificates are made and renewed in --tls-dir; --register tells the API server\n"
            "their authority, --tls-secret shares it among replicas. With a cluster at hand\n"
            "(in a pod, or with --kubeconfig) the labels of its namespaces are known, and what\n"
            "already runs is judged every --audit-interval: as metrics, and in the log.\n\n"
            "A decision asks nobody over the network. SIGHUP, a changed file and a changed\n"
            "policy of the cluster put new rules in force; rules that cannot be loaded leave\n"
            "the old ones there, which /readyz, the metrics and standard error say.\n\n"
            "Exit codes: 0 stopped; 2 wrong use; 4 it could not start. Of --audit-once: 0\n"
            "nothing would be denied; 1 something would; 3 something could not be looked at.",
        .examples =
            "  bulwark guard kubernetes --service bulwark/bulwark --register bulwark \\\n"
            "      --tls-secret bulwark/bulwark-tls --policies-from-cluster\n"
            "  bulwark guard kubernetes --listen 127.0.0.1:8443 --tls-dir /var/lib/bulwark/tls \\\n"
            "      --kubeconfig /etc/bulwark/kubeconfig --register bulwark\n"
            "  bulwark guard kubernetes --audit-once --profile restricted",
        .options = bw_guard_kubernetes_options,
        .run = bw_guard_kubernetes,
    },
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
    .operands = "kubernetes|log",
    .about = "Gates refuse what policies deny, where containers are made, and write down what\n"
             "they decided.",
    .verbs = verbs,
};
