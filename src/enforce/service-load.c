#include <stdio.h>
#include <time.h>

#include "base/fd.h"
#include "base/log.h"
#include "enforce/metrics.h"
#include "enforce/service-supervisor.h"

/* --- telling the server --- */

static void kill_server(struct bw_supervisor *s)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_KILL);
    message.id = (uint64_t)s->server;
    (void)!bw_channel_send(s->control, &message, false, NULL);
}

void bw_supervisor_tell(struct bw_supervisor *s, const struct bw_channel_message *message)
{
    struct bw_err err = {0};
    if (!s->link || bw_channel_send(s->link->fd, message, true, &err) == 0)
        return;
    /* One that has ended is replaced anyway. */
    if (err.code == BW_ELIMIT) {
        bw_log(BW_LOG_ERROR, "the server does not listen to its supervisor; it is replaced");
        kill_server(s);
    }
}

static void tell_rules(struct bw_supervisor *s)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_RULES);
    message.fds[0] = s->configuration;
    for (size_t i = 0; i < BW_SERVICE_SETS; i++)
        message.fds[1 + i] = s->sets[i];
    if (s->configuration >= 0)
        bw_supervisor_tell(s, &message);
}

static void tell_certificate(struct bw_supervisor *s)
{
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_CERTIFICATE);
    message.fds[0] = s->chain;
    message.fds[1] = s->key;
    message.fds[2] = s->clients;
    if (s->chain >= 0)
        bw_supervisor_tell(s, &message);
}

static void tell_status(struct bw_supervisor *s)
{
    char text[BW_ERR_MSG_MAX * 2 + 64];
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_STATUS);
    message.code = (*s->rules_why ? BW_STATUS_RULES_STALE : 0) |
                   (*s->certificate_why ? BW_STATUS_CERTIFICATE_STALE : 0);
    int n = snprintf(text, sizeof text, "%s%s%s%s", *s->rules_why ? "rules are stale: " : "",
                     s->rules_why, *s->rules_why && *s->certificate_why ? "\n" : "",
                     s->certificate_why);
    message.bytes = (struct bw_str){text, n > 0 ? (size_t)n : 0};
    bw_metrics_set(s->setup.metrics, BW_METRIC_RULES_STALE, *s->rules_why != '\0');
    bw_supervisor_tell(s, &message);
}

void bw_supervisor_tell_all(struct bw_supervisor *s)
{
    tell_rules(s);
    tell_certificate(s);
    tell_status(s);
}

/* --- rules --- */

static void replace_fd(int *fd, int with)
{
    bw_fd_closep(fd);
    *fd = with;
}

static int share_rules(struct bw_supervisor *s, const struct bw_service_rules *rules,
                       struct bw_err *err)
{
    int configuration BW_CLEANUP(bw_fd_closep) = -1;
    int set BW_CLEANUP(bw_fd_closep) = -1, more BW_CLEANUP(bw_fd_closep) = -1;
    int rc = bw_channel_memory(bw_buf_slice(&rules->configuration), &configuration, err);
    if (rc == 0 && rules->set.n)
        rc = bw_channel_memory(bw_buf_slice(&rules->set), &set, err);
    if (rc == 0 && rules->more.n)
        rc = bw_channel_memory(bw_buf_slice(&rules->more), &more, err);
    struct bw_service_epoch *epoch = NULL;
    /* Opened here as the server will, so that what does not load never gets there. */
    if (rc == 0)
        rc = bw_service_epoch_open(configuration, (const int[]){set, more}, &epoch, err);
    if (rc)
        return rc;
    size_t policies = bw_gate_rules_policies(epoch->rules);
    size_t expired = bw_gate_rules_expired(epoch->rules, (int64_t)time(NULL) * 1000000000);
    bw_service_epoch_unref(epoch);
    replace_fd(&s->configuration, bw_fd_take(&configuration));
    replace_fd(&s->sets[0], bw_fd_take(&set));
    replace_fd(&s->sets[1], bw_fd_take(&more));
    bw_metrics_set(s->setup.metrics, BW_METRIC_POLICIES, policies);
    bw_metrics_add(s->setup.metrics, BW_METRIC_RELOADS, 1);
    bw_log(BW_LOG_INFO, "%zu policies are in force", policies);
    if (expired)
        bw_log(BW_LOG_WARN, "%zu exceptions have expired", expired);
    return 0;
}

int bw_supervisor_load_rules(struct bw_supervisor *s, struct bw_err *err)
{
    struct bw_service_rules rules = {.configuration = BW_BUF(BW_GATE_CONFIG_MAX),
                                     .set = BW_BUF(BW_POLICY_SET_MAX),
                                     .more = BW_BUF(BW_POLICY_SET_MAX)};
    int rc = s->options->load(s->options->ctx, &rules, err);
    if (rc == 0 && (bw_buf_failed(&rules.configuration) || bw_buf_failed(&rules.set) ||
                    bw_buf_failed(&rules.more)))
        rc = bw_err_set(err, BW_ELIMIT, "the rules are larger than their limit");
    if (rc == 0)
        rc = share_rules(s, &rules, err);
    bw_buf_free(&rules.configuration);
    bw_buf_free(&rules.set);
    bw_buf_free(&rules.more);
    return rc;
}

void bw_supervisor_rules_are_stale(struct bw_supervisor *s, const char *why)
{
    if (strcmp(s->rules_why, why) != 0) {
        snprintf(s->rules_why, sizeof s->rules_why, "%s", why);
        bw_log(BW_LOG_ERROR, "the rules could not be loaded, the old ones stay in force: %s", why);
    }
    tell_status(s);
}

/* With the time, as Type=notify-reload wants it. */
static void notify_reloading(void)
{
    char state[96];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    bw_service_notify(state);
}

void bw_supervisor_reload(struct bw_supervisor *s)
{
    struct bw_err err = {0};
    s->heard = s->heard_first = BW_SUPERVISOR_NEVER;
    notify_reloading();
    /* What changes from now on is loaded the next time. */
    bw_service_watch_changed(s->watch);
    if (bw_supervisor_load_rules(s, &err)) {
        bw_supervisor_rules_are_stale(s, err.msg);
    } else {
        s->rules_why[0] = '\0';
        tell_rules(s);
        tell_status(s);
    }
    bw_service_notify("READY=1");
}

/* --- certificates --- */

static int share_certificate(struct bw_supervisor *s, const struct bw_service_certificate *c,
                             struct bw_err *err)
{
    int chain BW_CLEANUP(bw_fd_closep) = -1, key BW_CLEANUP(bw_fd_closep) = -1;
    int clients BW_CLEANUP(bw_fd_closep) = -1;
    struct bw_buf ca BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    int rc = bw_channel_memory(bw_buf_slice(&c->chain_pem), &chain, err);
    if (rc == 0)
        rc = bw_channel_memory(bw_buf_slice(&c->key_pem), &key, err);
    if (rc == 0 && s->options->client_ca_file) {
        rc = bw_fd_slurp_path(s->options->client_ca_file, &ca, err);
        if (rc == 0)
            rc = bw_channel_memory(bw_buf_slice(&ca), &clients, err);
    }
    if (rc)
        return rc;
    replace_fd(&s->chain, bw_fd_take(&chain));
    replace_fd(&s->key, bw_fd_take(&key));
    replace_fd(&s->clients, bw_fd_take(&clients));
    return 0;
}

static void set_certificate_why(struct bw_supervisor *s, struct bw_str why)
{
    char text[BW_ERR_MSG_MAX];
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(why));
    if (strcmp(text, s->certificate_why) == 0)
        return;
    memcpy(s->certificate_why, text, sizeof text);
    if (*text)
        bw_log(BW_LOG_ERROR, "certificate: %s", text);
    tell_status(s);
}

int bw_supervisor_load_certificate(struct bw_supervisor *s, struct bw_err *err)
{
    if (!s->options->certificate)
        return 0;
    struct bw_service_certificate c = {.chain_pem = BW_BUF((size_t)1 << 20),
                                       .key_pem = BW_BUF((size_t)1 << 20),
                                       .trouble = BW_BUF(BW_ERR_MSG_MAX)};
    bool changed = false;
    int rc = s->options->certificate(s->options->ctx, &c, &changed, err);
    if (rc == 0 && changed && c.chain_pem.n) {
        rc = share_certificate(s, &c, err);
        if (rc == 0) {
            bw_log(BW_LOG_INFO, "a certificate is in force");
            tell_certificate(s);
        }
    }
    set_certificate_why(s, rc ? bw_str(err->msg) : bw_buf_slice(&c.trouble));
    bw_buf_free(&c.chain_pem);
    bw_buf_free(&c.key_pem);
    bw_buf_free(&c.trouble);
    return rc;
}
