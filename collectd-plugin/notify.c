/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/notify.h"
#include "collectd-plugin/dispatch.h"
#include "common/clock.h"
#include "common/enums.h"
#include "common/thread.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A host that starts a thousand domains tells of them; when collectd takes nothing, memory must not fill. */
enum { QUEUED_MAX = 4096 };

struct message {
    struct message *next;
    int log_level; /* 0: no log line */
    int severity;  /* 0: no notification */
    const char *type;
    char instance[DATA_MAX_NAME_LEN];
    struct vmt_domain domain; /* without a name: about the host */
    char text[NOTIF_MAX_MSG_LEN];
    char line[2 * NOTIF_MAX_MSG_LEN];
};

struct vmt_notifier {
    const struct vmt_config *config;
    struct vmt_thread thread;
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t wake;
    struct message *first, **end;
    unsigned count, lost;
    bool is_stopping; /* when the queue is empty */
    bool is_over;     /* at once */
    bool is_down;     /* it was told that libvirt does not answer */
    unsigned silent;  /* reads in a row that libvirt has not answered */
    struct vmt_roll *roll;
    char (*paused)[VMT_UUID_TEXT]; /* domains that were told to be paused, and not to go on */
    unsigned paused_count;
};

/* ---- collectd ---- */

static void notify(int severity, const char *text, const struct vmt_subject *subject, const char *type,
                   const char *instance)
{
    notification_t notification = {.severity = severity, .time = cdtime()};
    snprintf(notification.message, sizeof notification.message, "%s", text);
    snprintf(notification.host, sizeof notification.host, "%s", subject ? subject->host.text : hostname_g);
    snprintf(notification.plugin, sizeof notification.plugin, "%s", VMT_PLUGIN_NAME);
    snprintf(notification.plugin_instance, sizeof notification.plugin_instance, "%s",
             subject ? subject->plugin_instance.text : "");
    snprintf(notification.type, sizeof notification.type, "%s", type);
    snprintf(notification.type_instance, sizeof notification.type_instance, "%s", instance);
    plugin_dispatch_notification(&notification);
}

/* As the virt plugin sees it. */
static int severity_of(int state)
{
    static const int severities[] = {
        [VIR_DOMAIN_NOSTATE] = NOTIF_OKAY,    [VIR_DOMAIN_RUNNING] = NOTIF_OKAY,
        [VIR_DOMAIN_BLOCKED] = NOTIF_WARNING, [VIR_DOMAIN_PAUSED] = NOTIF_WARNING,
        [VIR_DOMAIN_SHUTDOWN] = NOTIF_OKAY,   [VIR_DOMAIN_SHUTOFF] = NOTIF_OKAY,
        [VIR_DOMAIN_CRASHED] = NOTIF_FAILURE, [VIR_DOMAIN_PMSUSPENDED] = NOTIF_WARNING,
    };
    bool is_known = state >= 0 && state < (int)(sizeof severities / sizeof *severities);
    return is_known ? severities[state] : NOTIF_WARNING;
}

static void write_state(char text[NOTIF_MAX_MSG_LEN], int state, const char *reason)
{
    char number[VMT_ENUM_TEXT];
    snprintf(text, NOTIF_MAX_MSG_LEN, "Domain state: %s. Reason: %s", vmt_enum_domain_state(state, number), reason);
}

/* ---- the thread ---- */

/* With the lock held, which is let go meanwhile: collectd's other plugins may take their time. */
static void deliver(struct vmt_notifier *notifier, const struct message *message)
{
    bool is_about_domain = message->domain.name;
    const struct vmt_subject *known =
        is_about_domain && notifier->roll ? vmt_roll_find(notifier->roll, message->domain.name) : NULL;
    struct vmt_subject subject;
    if (known)
        subject = *known;
    else if (is_about_domain)
        vmt_roll_name(notifier->config, &message->domain, &subject);
    pthread_mutex_unlock(&notifier->lock);
    if (message->log_level)
        plugin_log(message->log_level, VMT_PLUGIN_NAME " plugin: %s", message->line);
    if (message->severity)
        notify(message->severity, message->text, is_about_domain ? &subject : NULL, message->type, message->instance);
    pthread_mutex_lock(&notifier->lock);
}

static void free_message(struct message *message)
{
    free((char *)message->domain.name);
    free(message);
}

static struct message *take(struct vmt_notifier *notifier)
{
    struct message *message = notifier->first;
    notifier->first = message->next;
    notifier->count--;
    if (!notifier->first)
        notifier->end = &notifier->first;
    return message;
}

static void *deliver_all(void *arg)
{
    struct vmt_notifier *notifier = arg;
    pthread_mutex_lock(&notifier->lock);
    while (!notifier->is_over && (notifier->first || !notifier->is_stopping)) {
        if (!notifier->first) {
            vmt_cond_wait(&notifier->wake, &notifier->lock, VMT_NEVER);
            continue;
        }
        struct message *message = take(notifier);
        deliver(notifier, message);
        free_message(message);
        unsigned lost = notifier->first || notifier->is_over ? 0 : notifier->lost;
        if (!lost)
            continue;
        notifier->lost = 0;
        struct message about = {.log_level = LOG_WARNING};
        snprintf(about.line, sizeof about.line, "%u notifications came too fast and are lost", lost);
        deliver(notifier, &about);
    }
    pthread_mutex_unlock(&notifier->lock);
    return NULL;
}

/* ---- the core's side ---- */

/* Puts a copy of `message` into the queue. With the lock held. */
static void put(struct vmt_notifier *notifier, const struct message *message, const struct vmt_domain *domain)
{
    bool is_taken = notifier->count < QUEUED_MAX && !notifier->is_over;
    struct message *copy = is_taken ? malloc(sizeof *copy) : NULL;
    if (!copy) {
        notifier->lost++;
        return;
    }
    *copy = *message;
    copy->next = NULL;
    copy->domain = (struct vmt_domain){0};
    if (domain) {
        copy->domain = *domain;
        copy->domain.name = strdup(domain->name);
    }
    if (domain && !copy->domain.name) {
        notifier->lost++;
        free(copy);
        return;
    }
    *notifier->end = copy;
    notifier->end = &copy->next;
    notifier->count++;
    pthread_cond_signal(&notifier->wake);
}

/* What kinds of notice become, and the line in the log with the object and the text in it. */
static const struct {
    int log_level, severity;
    const char *type, *instance; /* those of the value that says the same, when Collector asks for it */
    const char *line;
} kinds[VMT_NOTICE_COUNT] = {
    [VMT_NOTICE_CONNECTED] = {LOG_NOTICE, 0, NULL, NULL, "connected to libvirt '%s': %s"}, /* now it must answer */
    [VMT_NOTICE_DISCONNECTED] = {LOG_WARNING, NOTIF_FAILURE, "gauge", "up", "no connection to libvirt '%s': %s"},
    [VMT_NOTICE_CALL_FAILED] = {LOG_WARNING, 0, NULL, NULL, "libvirt call fails (%s): %s"},
    [VMT_NOTICE_CALL_RECOVERED] = {LOG_INFO, 0, NULL, NULL, "libvirt call works again (%s): %s"},
    [VMT_NOTICE_DOMAIN_STUCK] = {LOG_WARNING, NOTIF_WARNING, "gauge", "collected", "domain '%s' is stuck: %s"},
    [VMT_NOTICE_DOMAIN_WHOLE] = {LOG_NOTICE, NOTIF_OKAY, "gauge", "collected", "domain '%s' is whole: %s"},
    [VMT_NOTICE_UNKNOWN_PARAMETER] = {LOG_INFO, 0, NULL, NULL, "libvirt sends '%s', unknown to this version: %s"},
};

/* Whether this about the connection is new. With the lock held. */
static bool is_change(struct vmt_notifier *notifier, bool is_down)
{
    bool was_down = notifier->is_down;
    notifier->is_down = is_down;
    return was_down != is_down;
}

void vmt_notifier_hear(void *arg, const struct vmt_notice *notice)
{
    struct vmt_notifier *notifier = arg;
    struct message message = {
        .log_level = kinds[notice->kind].log_level,
        .severity = kinds[notice->kind].severity,
        .type = kinds[notice->kind].type,
    };
    bool is_of_connection = notice->kind == VMT_NOTICE_CONNECTED || notice->kind == VMT_NOTICE_DISCONNECTED;
    const char *unnamed = is_of_connection ? "default" : "host";
    const char *instance = kinds[notice->kind].instance;
    snprintf(message.instance, sizeof message.instance, "%s", instance ? instance : "");
    snprintf(message.line, sizeof message.line, kinds[notice->kind].line, notice->object ? notice->object : unnamed,
             notice->text);
    snprintf(message.text, sizeof message.text, "%s%s", is_of_connection ? "libvirt: " : "", notice->text);
    pthread_mutex_lock(&notifier->lock);
    if (notice->kind == VMT_NOTICE_DISCONNECTED && !is_change(notifier, true))
        message.severity = 0;
    put(notifier, &message, notice->domain);
    pthread_mutex_unlock(&notifier->lock);
}

/* Whether it was told that the domain is paused; then it is taken note of that it is so no longer. With the lock held.
 */
static bool take_paused(struct vmt_notifier *notifier, const char *uuid)
{
    unsigned i = 0;
    while (i < notifier->paused_count && strcmp(notifier->paused[i], uuid) != 0)
        i++;
    if (i == notifier->paused_count)
        return false;
    memmove(notifier->paused[i], notifier->paused[--notifier->paused_count], sizeof *notifier->paused);
    return true;
}

static void add_paused(struct vmt_notifier *notifier, const char *uuid)
{
    char(*paused)[VMT_UUID_TEXT] = realloc(notifier->paused, (notifier->paused_count + 1) * sizeof *paused);
    if (!paused)
        return;
    notifier->paused = paused;
    snprintf(paused[notifier->paused_count++], sizeof *paused, "%s", uuid);
}

static bool is_paused_in_roll(const struct vmt_notifier *notifier, const char *name)
{
    const struct vmt_subject *subject = notifier->roll ? vmt_roll_find(notifier->roll, name) : NULL;
    uint64_t state = subject ? subject->sample->value[vmt_entity_slot(VMT_ENTITY_DOMAIN, "state.state")].integer
                             : VIR_DOMAIN_NOSTATE;
    return state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_PMSUSPENDED;
}

/* QEMU's CPUs begin to run in every start, which libvirt tells as if the domain went on: that is no change of its own,
 * and the start is told next. With the lock held. */
static bool is_part_of_start(struct vmt_notifier *notifier, const struct vmt_happening *happening)
{
    bool was_paused = take_paused(notifier, happening->uuid) || is_paused_in_roll(notifier, happening->name);
    if (happening->lifecycle == VIR_DOMAIN_EVENT_SUSPENDED || happening->lifecycle == VIR_DOMAIN_EVENT_PMSUSPENDED)
        add_paused(notifier, happening->uuid);
    return happening->lifecycle == VIR_DOMAIN_EVENT_RESUMED && !was_paused;
}

void vmt_notifier_happened(void *arg, const struct vmt_happening *happening)
{
    struct vmt_notifier *notifier = arg;
    const struct vmt_config *config = notifier->config;
    int state = happening->lifecycle < 0 ? -1 : vmt_enum_state_after(happening->lifecycle);
    if (state < 0 || !happening->name ||
        !vmt_selection_wants(&config->domains, config->ignores_selected, happening->name))
        return;
    struct message message = {.severity = severity_of(state), .type = "domain_state"};
    write_state(message.text, state, happening->detail ? happening->detail : "unknown");
    struct vmt_domain domain = {.name = happening->name};
    snprintf(domain.uuid, sizeof domain.uuid, "%s", happening->uuid);
    pthread_mutex_lock(&notifier->lock);
    if (!is_part_of_start(notifier, happening))
        put(notifier, &message, &domain);
    pthread_mutex_unlock(&notifier->lock);
}

/* ---- the reading thread's side ---- */

static bool has_answered(const struct vmt_snapshot *snapshot)
{
    int slot = vmt_entity_slot(VMT_ENTITY_EXPORTER, "up");
    for (unsigned i = 0; i < snapshot->part_count; i++) {
        const struct vmt_sample *sample = snapshot->parts[i]->samples[VMT_ENTITY_EXPORTER].first;
        for (; sample; sample = sample->next)
            if (sample->value[slot].type == VMT_INTEGER)
                return sample->value[slot].integer;
    }
    return false;
}

/* A daemon that is frozen keeps its connections, so it is only heard of here. A single read may have been unlucky, or
 * the first, which does not wait for the connection. One that comes back is back when it answers. With the lock held.
 */
static void judge_silence(struct vmt_notifier *notifier, bool has_answered)
{
    notifier->silent = has_answered ? 0 : notifier->silent + 1;
    if (notifier->silent == 1 || !is_change(notifier, !has_answered))
        return;
    const char *text = has_answered ? "libvirt: answers again" : "libvirt: does not answer";
    struct message message = {
        .log_level = has_answered ? LOG_NOTICE : LOG_WARNING,
        .severity = has_answered ? NOTIF_OKAY : NOTIF_FAILURE,
        .type = "gauge",
        .instance = "up",
    };
    snprintf(message.text, sizeof message.text, "%s", text);
    snprintf(message.line, sizeof message.line, "%s", text);
    put(notifier, &message, NULL);
}

void vmt_notifier_know(struct vmt_notifier *notifier, struct vmt_roll *roll)
{
    bool is_up = has_answered(roll->snapshot);
    pthread_mutex_lock(&notifier->lock);
    judge_silence(notifier, is_up);
    struct vmt_roll *former = notifier->roll;
    notifier->roll = roll;
    pthread_mutex_unlock(&notifier->lock);
    vmt_roll_free(former);
}

static void tell(struct vmt_notifier *notifier, const struct message *message, const struct vmt_subject *subject)
{
    pthread_mutex_lock(&notifier->lock);
    put(notifier, message, subject->domain);
    pthread_mutex_unlock(&notifier->lock);
}

void vmt_notifier_tell_text(void *arg, const struct vmt_subject *subject, const char *parameter, const char *text)
{
    struct message message = {.severity = NOTIF_OKAY, .type = "job_stats"};
    snprintf(message.instance, sizeof message.instance, "%s", parameter);
    snprintf(message.text, sizeof message.text, "%s", text);
    tell(arg, &message, subject);
}

void vmt_notifier_tell_states(struct vmt_notifier *notifier, const struct vmt_roll *roll)
{
    int state_slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, "state.state"),
        reason_slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, "state.reason"),
        persistent_slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, "persistent");
    for (unsigned i = 0; i < roll->count; i++) {
        const struct vmt_subject *subject = &roll->subjects[i];
        const struct vmt_value *values = subject->sample->value;
        if (subject->is_nameless || values[persistent_slot].type != VMT_INTEGER || !values[persistent_slot].integer)
            continue;
        int state = (int)values[state_slot].integer;
        int reason = values[reason_slot].type == VMT_INTEGER ? (int)values[reason_slot].integer : 0;
        struct message message = {.severity = severity_of(state), .type = "domain_state"};
        char number[VMT_ENUM_TEXT];
        write_state(message.text, state, vmt_enum_domain_reason(state, reason, number));
        tell(notifier, &message, subject);
    }
}

/* ---- its life ---- */

void vmt_notifier_free(struct vmt_notifier *notifier)
{
    if (!notifier)
        return;
    while (notifier->first)
        free_message(take(notifier));
    vmt_roll_free(notifier->roll);
    free(notifier->paused);
    pthread_cond_destroy(&notifier->wake);
    pthread_mutex_destroy(&notifier->lock);
    free(notifier);
}

int vmt_notifier_new(const struct vmt_config *config, struct vmt_notifier **ret_notifier, struct vmt_error *error)
{
    struct vmt_notifier *notifier = calloc(1, sizeof *notifier);
    if (!notifier)
        return vmt_error_set(error, -ENOMEM, "no memory for notifications");
    notifier->config = config;
    notifier->end = &notifier->first;
    pthread_mutex_init(&notifier->lock, NULL);
    vmt_cond_init(&notifier->wake);
    int failed = vmt_thread_start(&notifier->thread, "vmt-notify", deliver_all, notifier);
    if (failed) {
        vmt_notifier_free(notifier);
        return vmt_error_set(error, failed, "cannot start the notifying thread: %s", strerror(-failed));
    }
    *ret_notifier = notifier;
    return 0;
}

bool vmt_notifier_stop(struct vmt_notifier *notifier, uint64_t until_ns)
{
    if (!notifier)
        return true;
    pthread_mutex_lock(&notifier->lock);
    notifier->is_stopping = true;
    pthread_cond_signal(&notifier->wake);
    pthread_mutex_unlock(&notifier->lock);
    bool has_ended = vmt_thread_join(&notifier->thread, until_ns);
    pthread_mutex_lock(&notifier->lock);
    notifier->is_over = true;
    pthread_mutex_unlock(&notifier->lock);
    return has_ended;
}
