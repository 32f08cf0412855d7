/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake_collectd/fake_collectd.h"
#include "common/clock.h"

#include <assert.h>
#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TYPES "/usr/share/collectd/types.db"
enum { TYPES_MAX = 1024, SOURCES_MAX = 16 };

static char host_name[] = "here";
char *hostname_g = host_name;

struct log_line {
    int level;
    char text[1024];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t news;
    int (*configure)(oconfig_item_t *);
    plugin_init_cb init;
    plugin_read_cb read;
    plugin_shutdown_cb shutdown;
    cdtime_t interval;
    bool is_virt_loaded;
    unsigned notification_ms;
    data_set_t types[TYPES_MAX];
    unsigned type_count;
    value_list_t *lists;
    unsigned list_count;
    notification_t *notifications;
    unsigned notification_count;
    struct log_line *lines;
    unsigned line_count;
    unsigned complaints;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fake collectd: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    fake.complaints++;
}

/* ---- types.db ---- */

static double limit(const char *text)
{
    return *text == 'U' ? NAN : strtod(text, NULL);
}

/* `text` is like "read:DERIVE:0:U". */
static void read_source(data_source_t *source, char *text)
{
    char *rest = NULL;
    snprintf(source->name, sizeof source->name, "%s", strtok_r(text, ":", &rest));
    const char *kind = strtok_r(NULL, ":", &rest);
    source->type = !strcmp(kind, "GAUGE")     ? DS_TYPE_GAUGE
                   : !strcmp(kind, "DERIVE")  ? DS_TYPE_DERIVE
                   : !strcmp(kind, "COUNTER") ? DS_TYPE_COUNTER
                                              : DS_TYPE_ABSOLUTE;
    source->min = limit(strtok_r(NULL, ":", &rest));
    source->max = limit(strtok_r(NULL, ":", &rest));
}

static void read_type(char *line)
{
    char *rest = NULL;
    char *name = strtok_r(line, " \t\n,", &rest);
    if (!name || *name == '#')
        return;
    assert(fake.type_count < TYPES_MAX);
    data_set_t *set = &fake.types[fake.type_count++];
    snprintf(set->type, sizeof set->type, "%s", name);
    set->ds = calloc(SOURCES_MAX, sizeof *set->ds);
    assert(set->ds);
    for (char *source = strtok_r(NULL, " \t\n,", &rest); source; source = strtok_r(NULL, " \t\n,", &rest))
        read_source(&set->ds[set->ds_num++], source);
}

static void read_types(void)
{
    char line[1024];
    FILE *file = fopen(TYPES, "re");
    if (!file) {
        fprintf(stderr, "fake collectd: no %s: install collectd-core\n", TYPES);
        abort();
    }
    while (fgets(line, sizeof line, file))
        read_type(line);
    fclose(file);
}

static data_set_t *find_type(const char *name)
{
    for (unsigned i = 0; i < fake.type_count; i++)
        if (!strcmp(fake.types[i].type, name))
            return &fake.types[i];
    return NULL;
}

const data_set_t *plugin_get_ds(const char *name)
{
    return find_type(name);
}

void fake_collectd_forget_type(const char *type)
{
    find_type(type)->type[0] = '\0';
}

/* ---- configuration ---- */

static void read_value(oconfig_value_t *value, const char *word, bool is_quoted)
{
    char *end;
    double number = strtod(word, &end);
    if (!is_quoted && *word && !*end) {
        *value = (oconfig_value_t){.type = OCONFIG_TYPE_NUMBER, .value.number = number};
    } else if (!is_quoted && (!strcasecmp(word, "true") || !strcasecmp(word, "false"))) {
        *value = (oconfig_value_t){.type = OCONFIG_TYPE_BOOLEAN, .value.boolean = !strcasecmp(word, "true")};
    } else {
        value->type = OCONFIG_TYPE_STRING;
        value->value.string = strdup(word);
    }
}

/* The next word of a line, in quotes or not; NULL: no more. */
static char *next_word(char **rest, bool *ret_is_quoted)
{
    char *at = *rest + strspn(*rest, " \t");
    if (!*at)
        return NULL;
    *ret_is_quoted = *at == '"';
    at += *ret_is_quoted;
    char *end = at + strcspn(at, *ret_is_quoted ? "\"" : " \t");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return at;
}

static void read_item(oconfig_item_t *item, char *line)
{
    bool is_quoted = false;
    item->key = strdup(next_word(&line, &is_quoted));
    item->values = calloc(16, sizeof *item->values);
    for (char *word; (word = next_word(&line, &is_quoted));)
        read_value(&item->values[item->values_num++], word, is_quoted);
}

oconfig_item_t *fake_collectd_parse(const char *text)
{
    oconfig_item_t *block = calloc(1, sizeof *block);
    block->key = strdup("Plugin");
    block->children = calloc(64, sizeof *block->children);
    char *copy = strdup(text), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (line[strspn(line, " \t")])
            read_item(&block->children[block->children_num++], line);
    free(copy);
    return block;
}

static void free_item(oconfig_item_t *item)
{
    for (int i = 0; i < item->values_num; i++)
        if (item->values[i].type == OCONFIG_TYPE_STRING)
            free(item->values[i].value.string);
    free(item->values);
    free(item->key);
}

void fake_collectd_free_config(oconfig_item_t *block)
{
    for (int i = 0; i < block->children_num; i++)
        free_item(&block->children[i]);
    free(block->children);
    free_item(block);
    free(block);
}

/* ---- what the plugin calls ---- */

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
    (void)type;
    fake.configure = callback;
    return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback)
{
    (void)name;
    fake.init = callback;
    return 0;
}

int plugin_register_complex_read(const char *group, const char *name, plugin_read_cb callback, cdtime_t interval,
                                 user_data_t const *user_data)
{
    (void)group, (void)name, (void)interval, (void)user_data;
    fake.read = callback;
    return 0;
}

int plugin_register_shutdown(const char *name, plugin_shutdown_cb callback)
{
    (void)name;
    fake.shutdown = callback;
    return 0;
}

bool plugin_is_loaded(char const *name)
{
    return fake.is_virt_loaded && !strcmp(name, "virt");
}

cdtime_t plugin_get_interval(void)
{
    return fake.interval;
}

cdtime_t cdtime(void)
{
    return NS_TO_CDTIME_T(vmt_wall_ns());
}

void plugin_log(int level, char const *format, ...)
{
    struct log_line line = {.level = level};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line.text, sizeof line.text, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&fake.lock);
    fake.lines = realloc(fake.lines, (fake.line_count + 1) * sizeof *fake.lines);
    assert(fake.lines);
    fake.lines[fake.line_count++] = line;
    pthread_cond_broadcast(&fake.news);
    pthread_mutex_unlock(&fake.lock);
}

/* "host/plugin-instance/type-instance" */
static void write_identifier(const value_list_t *list, char text[1024])
{
    snprintf(text, 1024, "%s/%s%s%s/%s%s%s", list->host, list->plugin, *list->plugin_instance ? "-" : "",
             list->plugin_instance, list->type, *list->type_instance ? "-" : "", list->type_instance);
}

static bool is_terminated(const char text[DATA_MAX_NAME_LEN])
{
    return memchr(text, '\0', DATA_MAX_NAME_LEN);
}

/* What collectd's files, lines and labels cannot take; slashes are what collectd itself would change. */
static bool is_clean(const char *text)
{
    for (; *text; text++)
        if (*text == '/' || iscntrl((unsigned char)*text))
            return false;
    return true;
}

static void check_value(const char *identifier, const data_source_t *source, value_t value)
{
    if (source->type == DS_TYPE_GAUGE &&
        (!isfinite(value.gauge) || value.gauge < source->min || value.gauge > source->max))
        complain("%s: %s is %g", identifier, source->name, value.gauge);
    if (source->type == DS_TYPE_DERIVE && value.derive < 0)
        complain("%s: %s is %lld", identifier, source->name, (long long)value.derive);
}

static void check_list(const value_list_t *list)
{
    const char *const names[] = {list->host, list->plugin, list->plugin_instance, list->type, list->type_instance};
    char identifier[1024], other[1024];
    for (unsigned i = 0; i < 5; i++)
        if (!is_terminated(names[i]))
            complain("a name is not terminated");
        else if (!is_clean(names[i]) || (!*names[i] && i != 2 && i != 4))
            complain("'%s' is not a good name", names[i]);
    write_identifier(list, identifier);
    const data_set_t *set = find_type(list->type);
    if (!set || set->ds_num != list->values_len) {
        complain("%s: no such type, or another number of values", identifier);
        return;
    }
    for (size_t i = 0; i < set->ds_num; i++)
        check_value(identifier, &set->ds[i], list->values[i]);
    for (unsigned i = 0; i < fake.list_count; i++) {
        write_identifier(&fake.lists[i], other);
        if (!strcmp(identifier, other))
            complain("%s comes twice", identifier);
    }
}

int plugin_dispatch_values(value_list_t const *list)
{
    pthread_mutex_lock(&fake.lock);
    check_list(list);
    fake.lists = realloc(fake.lists, (fake.list_count + 1) * sizeof *fake.lists);
    assert(fake.lists);
    value_list_t *copy = &fake.lists[fake.list_count++];
    *copy = *list;
    copy->values = malloc(list->values_len * sizeof *copy->values);
    assert(copy->values);
    memcpy(copy->values, list->values, list->values_len * sizeof *copy->values);
    pthread_mutex_unlock(&fake.lock);
    return 0;
}

int plugin_dispatch_notification(const notification_t *notification)
{
    pthread_mutex_lock(&fake.lock);
    if (!is_clean(notification->host) || !is_clean(notification->plugin_instance))
        complain("'%s', '%s' are not good names", notification->host, notification->plugin_instance);
    fake.notifications = realloc(fake.notifications, (fake.notification_count + 1) * sizeof *fake.notifications);
    assert(fake.notifications);
    fake.notifications[fake.notification_count++] = *notification;
    pthread_cond_broadcast(&fake.news);
    unsigned pause = fake.notification_ms;
    pthread_mutex_unlock(&fake.lock);
    usleep(pause * 1000);
    return 0;
}

/* ---- the test's side ---- */

static void forget_lists(void)
{
    for (unsigned i = 0; i < fake.list_count; i++)
        free(fake.lists[i].values);
    free(fake.lists);
    fake.lists = NULL;
    fake.list_count = 0;
}

void fake_collectd_free(void)
{
    forget_lists();
    free(fake.notifications);
    free(fake.lines);
    for (unsigned i = 0; i < fake.type_count; i++)
        free(fake.types[i].ds);
    fake.notifications = NULL;
    fake.lines = NULL;
    fake.notification_count = fake.line_count = fake.type_count = 0;
}

void fake_collectd_start(void)
{
    fake_collectd_free();
    vmt_cond_init(&fake.news);
    memset(fake.types, 0, sizeof fake.types);
    fake.interval = TIME_T_TO_CDTIME_T(10);
    fake.complaints = fake.notification_ms = 0;
    fake.is_virt_loaded = false;
    read_types();
    module_register();
}

int fake_collectd_configure(const char *text)
{
    oconfig_item_t *block = fake_collectd_parse(text);
    int result = fake.configure(block);
    fake_collectd_free_config(block);
    return result;
}

int fake_collectd_init(void)
{
    return fake.init();
}

int fake_collectd_read(void)
{
    pthread_mutex_lock(&fake.lock);
    forget_lists();
    pthread_mutex_unlock(&fake.lock);
    return fake.read(NULL);
}

int fake_collectd_shutdown(void)
{
    return fake.shutdown();
}

void fake_collectd_set_interval(double seconds)
{
    fake.interval = DOUBLE_TO_CDTIME_T(seconds);
}

void fake_collectd_load_virt(void)
{
    fake.is_virt_loaded = true;
}

void fake_collectd_set_notification_ms(unsigned ms)
{
    pthread_mutex_lock(&fake.lock);
    fake.notification_ms = ms;
    pthread_mutex_unlock(&fake.lock);
}

unsigned fake_collectd_count(void)
{
    return fake.list_count;
}

const value_list_t *fake_collectd_find(const char *identifier)
{
    for (unsigned i = 0; i < fake.list_count; i++) {
        char own[1024];
        write_identifier(&fake.lists[i], own);
        if (!strcmp(own, identifier))
            return &fake.lists[i];
    }
    return NULL;
}

unsigned fake_collectd_count_matching(const char *pattern)
{
    unsigned count = 0;
    for (unsigned i = 0; i < fake.list_count; i++) {
        char own[1024];
        write_identifier(&fake.lists[i], own);
        count += !fnmatch(pattern, own, 0);
    }
    return count;
}

static bool is_of(const notification_t *notification, const char *type, const char *instance)
{
    return !strcmp(notification->type, type) && (!instance || !strcmp(notification->type_instance, instance));
}

/* With the lock held. */
static unsigned count_notifications(const char *type, const char *instance)
{
    unsigned count = 0;
    for (unsigned i = 0; i < fake.notification_count; i++)
        count += is_of(&fake.notifications[i], type, instance);
    return count;
}

unsigned fake_collectd_notifications(const char *type, const char *instance)
{
    pthread_mutex_lock(&fake.lock);
    unsigned count = count_notifications(type, instance);
    pthread_mutex_unlock(&fake.lock);
    return count;
}

bool fake_collectd_await_notification(const char *type, const char *instance, unsigned count, unsigned within_ms,
                                      notification_t *ret_last)
{
    uint64_t until = vmt_now_ns() + within_ms * VMT_MS;
    pthread_mutex_lock(&fake.lock);
    while (count_notifications(type, instance) < count && vmt_now_ns() < until)
        vmt_cond_wait(&fake.news, &fake.lock, until);
    bool has_come = count_notifications(type, instance) >= count;
    for (unsigned i = 0; i < fake.notification_count; i++)
        if (is_of(&fake.notifications[i], type, instance))
            *ret_last = fake.notifications[i];
    pthread_mutex_unlock(&fake.lock);
    return has_come;
}

static bool has_line(int level, const char *text)
{
    for (unsigned i = 0; i < fake.line_count; i++)
        if (fake.lines[i].level <= level && strstr(fake.lines[i].text, text))
            return true;
    return false;
}

bool fake_collectd_await_log(int level, const char *text, unsigned within_ms)
{
    uint64_t until = vmt_now_ns() + within_ms * VMT_MS;
    pthread_mutex_lock(&fake.lock);
    while (!has_line(level, text) && vmt_now_ns() < until)
        vmt_cond_wait(&fake.news, &fake.lock, until);
    bool has_come = has_line(level, text);
    pthread_mutex_unlock(&fake.lock);
    return has_come;
}

unsigned fake_collectd_log_lines(int level)
{
    unsigned count = 0;
    pthread_mutex_lock(&fake.lock);
    for (unsigned i = 0; i < fake.line_count; i++)
        count += fake.lines[i].level <= level;
    pthread_mutex_unlock(&fake.lock);
    return count;
}

unsigned fake_collectd_complaints(void)
{
    return fake.complaints;
}
