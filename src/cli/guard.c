/*
 * guard: the gates that are servers, and the log of what gates decided.
 */
#include "cli/guard.h"

static const struct bw_verb verbs[] = {
    {
        .name = "docker",
        .summary = "the authorization plugin of a Docker daemon",
        .operands = "",
        .about =
            "Judges every request to a Docker daemon by policies, before the daemon acts on\n"
            "it. What a policy denies is refused, with the policy, the reason and the remedy.\n"
            "\n"
            "To put it before a daemon, start it (systemctl enable --now bulwark-docker.socket),\n"
            "and name the plugin in /etc/docker/daemon.json:\n"
            "\n"
            "  {\"authorization-plugins\": [\"bulwark\"]}\n"
            "\n"
            "then: systemctl reload-or-restart docker. Docker finds the plugin by the name of\n"
            "its socket, /run/docker/plugins/bulwark.sock. Begin with --warn-only: the log\n"
            "then shows what would be refused.\n"
            "\n"
            "While the plugin is down the daemon refuses every request, after half a minute\n"
            "in which it tries again: nothing passes unjudged. A plugin that is killed or\n"
            "restarted within that time costs nobody a request, where systemd holds its socket.\n"
            "\n"
            "Who asks is known by the client's certificate alone (dockerd --tlsverify); over\n"
            "the daemon's Unix socket nobody has a name. Policies find it in\n"
            "request.userInfo.username, and the groups that \"userGroups\" of --config gives it\n"
            "in request.userInfo.groups. What is asked is the object (group bulwark.dev,\n"
            "resource dockerrequests), and the container of it is presented as a Pod as well.\n"
            "\n"
            "What BuildKit builds (POST /session, /grpc) no plugin is shown: it passes with a\n"
            "record in the log, or is refused whole (--profile restricted; the client then\n"
            "says \"received 403\", the log why). Docker has no way to warn whoever sent a\n"
            "request that is allowed: warnings stand in the log alone.\n"
            "\n"
            "The guard asks the daemon what names in a request mean (a volume, another\n"
            "container); what is not answered within 2 seconds is a doubt, and refused.\n"
            "\n"
            "SIGHUP loads policies, configuration and exceptions anew; so does a change of\n"
            "these files. What does not load is told, and the old ones stay in force.",
        .examples =
            "  bulwark guard docker --warn-only --log /var/log/bulwark/docker.log\n"
            "  bulwark guard docker --profile hosting --policy /etc/bulwark/policies\n"
            "  bulwark guard docker --exceptions exceptions.yaml --log docker.log --log-required",
        .options = bw_guard_docker_options,
        .run = bw_guard_docker,
    },
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
        .examples = "  bulwark guard log /var/log/bulwark/docker.log\n"
                    "  bulwark guard log docker.log --denied --tail 20\n"
                    "  bulwark guard log docker.log --contains 9f3c...\n"
                    "  bulwark guard log docker.log --format json | jq .newest",
        .options = bw_guard_log_options,
        .run = bw_guard_log,
    },
    {0},
};

const struct bw_verb bw_verb_guard = {
    .name = "guard",
    .summary = "gates: what policy forbids cannot start",
    .operands = "docker|kubernetes|log",
    .about = "Gates refuse what policies deny, where containers are made, and write down what\n"
             "they decided.",
    .verbs = verbs,
};
