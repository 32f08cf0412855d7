/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/config.h"
#include "common/collect.h"
#include "serve/words.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { INSTANCES_MAX = 128, DEADLINE_MAX = 3600, WORD_TEXT = 64 };

/* What an option takes, and so how its arguments are read. */
enum kind { TEXT, WHOLE, SECONDS, BOOLEAN, CHOICE, SELECTION, NAMES, SELECTORS, COLLECTOR, KINDS };

struct option {
    const char *name;
    enum kind kind;
    size_t offset;            /* of the member of struct vmt_config that it sets */
    const char *const *words; /* that it may be, by value; NULL: a word that is no choice */
    unsigned least, most;     /* of a whole number; fields of a name */
};

static const char *const block_words[] = {"target", "source"};
static const char *const interface_words[] = {"name", "address", "number"};
static const char *const host_words[] = {NULL, "name", "uuid", "hostname", "metadata"};
static const char *const instance_words[] = {"none", "name", "uuid", NULL, "metadata"};

#define MEMBER(name) .offset = offsetof(struct vmt_config, name)
#define WORDS(list) .words = (list), .most = sizeof(list) / sizeof *(list)

static const struct option options[] = {
    {"Connection", TEXT, MEMBER(connection)},
    {"RefreshInterval", WHOLE, MEMBER(refresh_seconds), .most = INT_MAX},
    {"Domain", SELECTION, MEMBER(domains)},
    {"BlockDevice", SELECTION, MEMBER(block_devices)},
    {"InterfaceDevice", SELECTION, MEMBER(interface_devices)},
    {"IgnoreSelected", BOOLEAN, MEMBER(ignores_selected)},
    {"BlockDeviceFormat", CHOICE, MEMBER(block_format), WORDS(block_words)},
    {"BlockDeviceFormatBasename", BOOLEAN, MEMBER(block_basename)},
    {"InterfaceFormat", CHOICE, MEMBER(interface_format), WORDS(interface_words)},
    {"HostnameFormat", NAMES, MEMBER(host), WORDS(host_words)},
    {"PluginInstanceFormat", NAMES, MEMBER(plugin_instance), WORDS(instance_words)},
    {"HostnameMetadataNS", TEXT, MEMBER(metadata_namespace)},
    {"HostnameMetadataXPath", TEXT, MEMBER(metadata_xpath)},
    {"ReportBlockDevices", BOOLEAN, MEMBER(reports_blocks)},
    {"ReportNetworkInterfaces", BOOLEAN, MEMBER(reports_interfaces)},
    {"ExtraStats", SELECTORS},
    {"PersistentNotification", BOOLEAN, MEMBER(notifies_persistently)},
    {"Instances", WHOLE, MEMBER(instances), .least = 1, .most = INSTANCES_MAX},
    {"Collector", COLLECTOR},
    {"Deadline", SECONDS, MEMBER(deadline_seconds)},
};
enum { OPTIONS = sizeof options / sizeof *options };

/* An option on its way into the configuration. */
struct setting {
    struct vmt_config *config;
    const struct option *option;
    const oconfig_item_t *item;
    struct vmt_error *error;
};

static void *member_of(const struct setting *setting)
{
    return (char *)setting->config + setting->option->offset;
}

void vmt_config_init(struct vmt_config *config)
{
    *config = (struct vmt_config){
        .refresh_seconds = 60,
        .host = {{VMT_NAME_NAME}, 1},
        .reports_blocks = true,
        .reports_interfaces = true,
        .instances = 1,
    };
}

void vmt_config_done(struct vmt_config *config)
{
    free(config->connection);
    free(config->metadata_namespace);
    free(config->metadata_xpath);
    vmt_selection_done(&config->domains);
    vmt_selection_done(&config->block_devices);
    vmt_selection_done(&config->interface_devices);
    *config = (struct vmt_config){0};
}

/* ---- arguments ---- */

/* The argument when it is the only one and of `type`, or NULL, with the sentence. */
static const oconfig_value_t *only(const struct setting *setting, int type, const char *what)
{
    if (setting->item->values_num == 1 && setting->item->values[0].type == type)
        return &setting->item->values[0];
    vmt_error_set(setting->error, -EINVAL, "option '%s' wants %s", setting->option->name, what);
    return NULL;
}

static const char *only_text(const struct setting *setting)
{
    const oconfig_value_t *value = only(setting, OCONFIG_TYPE_STRING, "one text");
    return value ? value->value.string : NULL;
}

/* The place of `word` in the option's list, or -1. */
static int find_word(const struct option *option, const char *word)
{
    for (unsigned i = 0; i < option->most; i++)
        if (option->words[i] && !strcasecmp(option->words[i], word))
            return (int)i;
    return -1;
}

static int refuse_word(const struct setting *setting, const char *word)
{
    char known[128] = "";
    for (unsigned i = 0; i < setting->option->most; i++)
        if (setting->option->words[i]) {
            strncat(known, *known ? ", " : "", sizeof known - strlen(known) - 1);
            strncat(known, setting->option->words[i], sizeof known - strlen(known) - 1);
        }
    return vmt_error_set(setting->error, -EINVAL, "option '%s' does not know '%s'; it knows %s", setting->option->name,
                         word, known);
}

static int set_text(const struct setting *setting)
{
    const char *text = only_text(setting);
    char *copy = text ? strdup(text) : NULL;
    if (!text)
        return -EINVAL;
    if (!copy)
        return vmt_error_set(setting->error, -ENOMEM, "no memory for option '%s'", setting->option->name);
    char **member = member_of(setting);
    free(*member);
    *member = copy;
    return 0;
}

static int set_whole(const struct setting *setting)
{
    const oconfig_value_t *value = only(setting, OCONFIG_TYPE_NUMBER, "one number");
    if (!value)
        return -EINVAL;
    double number = value->value.number;
    if (!(number >= setting->option->least && number <= setting->option->most) || number != (double)(unsigned)number)
        return vmt_error_set(setting->error, -EINVAL, "option '%s' wants a whole number from %u to %u",
                             setting->option->name, setting->option->least, setting->option->most);
    *(unsigned *)member_of(setting) = (unsigned)number;
    return 0;
}

static int set_seconds(const struct setting *setting)
{
    const oconfig_value_t *value = only(setting, OCONFIG_TYPE_NUMBER, "one number");
    if (!value)
        return -EINVAL;
    if (!(value->value.number > 0 && value->value.number <= DEADLINE_MAX))
        return vmt_error_set(setting->error, -EINVAL, "option '%s' wants more than 0 and at most %d seconds",
                             setting->option->name, DEADLINE_MAX);
    *(double *)member_of(setting) = value->value.number;
    return 0;
}

/* As collectd itself reads them: true, yes and on, in quotes too. */
static int read_boolean(const struct setting *setting, const oconfig_value_t *value, bool *ret_boolean)
{
    static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};
    if (value->type == OCONFIG_TYPE_BOOLEAN) {
        *ret_boolean = value->value.boolean;
        return 0;
    }
    for (unsigned i = 0; value->type == OCONFIG_TYPE_STRING && i < 6; i++)
        if (!strcasecmp(value->value.string, words[i])) {
            *ret_boolean = i >= 3;
            return 0;
        }
    return vmt_error_set(setting->error, -EINVAL, "option '%s' wants true or false", setting->option->name);
}

static int set_boolean(const struct setting *setting)
{
    if (setting->item->values_num != 1)
        return vmt_error_set(setting->error, -EINVAL, "option '%s' wants true or false", setting->option->name);
    return read_boolean(setting, setting->item->values, member_of(setting));
}

static int set_choice(const struct setting *setting)
{
    const char *text = only_text(setting);
    if (!text)
        return -EINVAL;
    int place = find_word(setting->option, text);
    if (place < 0)
        return refuse_word(setting, text);
    *(unsigned *)member_of(setting) = (unsigned)place;
    return 0;
}

static int add_selection(const struct setting *setting)
{
    const char *text = only_text(setting);
    struct vmt_error reason;
    int result = text ? vmt_selection_add(member_of(setting), text, &reason) : -EINVAL;
    return text && result < 0
               ? vmt_error_set(setting->error, result, "option '%s': %s", setting->option->name, reason.text)
               : result;
}

/* ---- lists of words: several arguments, or several words in one, or both ---- */

static int each_word(const struct setting *setting, int (*take)(const struct setting *, const char *word))
{
    int result = setting->item->values_num ? 0 : -EINVAL;
    for (int i = 0; !result && i < setting->item->values_num; i++) {
        const oconfig_value_t *value = &setting->item->values[i];
        char *copy = value->type == OCONFIG_TYPE_STRING ? strdup(value->value.string) : NULL, *rest = NULL;
        result = copy ? 0 : -EINVAL;
        for (char *word = copy ? strtok_r(copy, " \t\r\n", &rest) : NULL; word && !result;
             word = strtok_r(NULL, " \t\r\n", &rest))
            result = take(setting, word);
        free(copy);
        if (!copy)
            break;
    }
    if (result == -EINVAL && !setting->error->text[0])
        vmt_error_set(setting->error, -EINVAL, "option '%s' wants words", setting->option->name);
    return result;
}

static int add_name_field(const struct setting *setting, const char *word)
{
    struct vmt_name_format *format = member_of(setting);
    int field = find_word(setting->option, word);
    if (field < 0)
        return refuse_word(setting, word);
    if (field == VMT_NAME_NONE) /* ends the list */
        return 1;
    if (format->count == VMT_NAME_FIELDS)
        return vmt_error_set(setting->error, -EINVAL, "option '%s' takes at most %d words", setting->option->name,
                             VMT_NAME_FIELDS);
    format->fields[format->count++] = (enum vmt_name_field)field;
    return 0;
}

static int set_names(const struct setting *setting)
{
    struct vmt_name_format *format = member_of(setting);
    format->count = 0;
    int result = each_word(setting, add_name_field);
    return result > 0 ? 0 : result;
}

/* Calls `use` for each selector that a row of the tables has, until it says true; some come several times. */
static void each_selector(bool (*use)(void *arg, const char *selector), void *arg)
{
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        for (unsigned i = 0; i < table->metric_count * VMT_COLLECTD_NAMES; i++) {
            const struct vmt_collectd *name = &table->metrics[i / VMT_COLLECTD_NAMES].collectd[i % VMT_COLLECTD_NAMES];
            if (name->type && name->selector && use(arg, name->selector))
                return;
        }
    }
}

/* A word among those that are known. */
struct search {
    const char *wanted, *found, *nearest;
    unsigned distance;
};

static void write_lower(char lower[WORD_TEXT], const char *word)
{
    unsigned i = 0;
    for (; word[i] && i < WORD_TEXT - 1; i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    lower[i] = '\0';
}

static bool compare(void *arg, const char *known)
{
    struct search *search = arg;
    char wanted[WORD_TEXT], lower[WORD_TEXT];
    write_lower(wanted, search->wanted);
    write_lower(lower, known);
    unsigned distance = vmt_words_distance(wanted, lower);
    if (!search->nearest || distance < search->distance) {
        search->nearest = known;
        search->distance = distance;
    }
    if (!strcasecmp(search->wanted, known))
        search->found = known;
    return search->found;
}

static int add_selector(const struct setting *setting, const char *word)
{
    struct vmt_config *config = setting->config;
    struct search search = {.wanted = word};
    if (!strcasecmp(word, "fs_info")) {
        config->wants_fs_info = true;
        return 0;
    }
    each_selector(compare, &search);
    if (!search.found)
        return vmt_error_set(setting->error, -EINVAL,
                             "ExtraStats does not know '%s'; the nearest that it knows is '%s'", word, search.nearest);
    if (!vmt_config_selects(config, search.found) && config->selector_count < VMT_SELECTORS_MAX)
        config->selectors[config->selector_count++] = search.found;
    return 0;
}

/* A later ExtraStats replaces an earlier one, as in the virt plugin. */
static int set_selectors(const struct setting *setting)
{
    setting->config->selector_count = 0;
    setting->config->wants_fs_info = false;
    return each_word(setting, add_selector);
}

bool vmt_config_selects(const struct vmt_config *config, const char *selector)
{
    for (unsigned i = 0; selector && i < config->selector_count; i++)
        if (!strcmp(config->selectors[i], selector))
            return true;
    return !selector;
}

static int set_collector(const struct setting *setting)
{
    const oconfig_item_t *item = setting->item;
    bool is_on = false;
    if (item->values_num != 2 || item->values[0].type != OCONFIG_TYPE_STRING)
        return vmt_error_set(setting->error, -EINVAL, "option 'Collector' wants a name, and true or false");
    int result = read_boolean(setting, &item->values[1], &is_on);
    if (result < 0)
        return result;
    struct search search = {.wanted = item->values[0].value.string};
    enum vmt_collector i = 0;
    while (i < VMT_COLLECTOR_COUNT && !compare(&search, vmt_collector_row(i)->name))
        i++;
    if (i == VMT_COLLECTOR_COUNT)
        return vmt_error_set(setting->error, -EINVAL, "there is no collector '%s'; the nearest known one is '%s'",
                             search.wanted, search.nearest);
    struct vmt_config *config = setting->config;
    config->on = is_on ? config->on | VMT_COLLECTOR_BIT(i) : config->on & ~VMT_COLLECTOR_BIT(i);
    config->off = is_on ? config->off & ~VMT_COLLECTOR_BIT(i) : config->off | VMT_COLLECTOR_BIT(i);
    return 0;
}

/* ---- the block ---- */

static int (*const setters[KINDS])(const struct setting *) = {
    [TEXT] = set_text,       [WHOLE] = set_whole,         [SECONDS] = set_seconds,
    [BOOLEAN] = set_boolean, [CHOICE] = set_choice,       [SELECTION] = add_selection,
    [NAMES] = set_names,     [SELECTORS] = set_selectors, [COLLECTOR] = set_collector,
};

static int set(struct vmt_config *config, const oconfig_item_t *item, struct vmt_error *error)
{
    struct search search = {.wanted = item->key};
    unsigned i = 0;
    while (i < OPTIONS && !compare(&search, options[i].name))
        i++;
    if (i == OPTIONS)
        return vmt_error_set(error, -EINVAL, "unknown option '%s'; the nearest known one is '%s'", item->key,
                             search.nearest);
    if (item->children_num)
        return vmt_error_set(error, -EINVAL, "option '%s' is not a block", options[i].name);
    error->text[0] = '\0';
    struct setting setting = {.config = config, .option = &options[i], .item = item, .error = error};
    return setters[options[i].kind](&setting);
}

static bool wants_job(const struct vmt_config *config, const char *selector, enum vmt_collector collector)
{
    return vmt_config_selects(config, selector) || config->on & VMT_COLLECTOR_BIT(collector);
}

int vmt_config_read(struct vmt_config *config, const oconfig_item_t *block, struct vmt_error *error)
{
    int result = 0;
    for (int i = 0; !result && i < block->children_num; i++)
        result = set(config, &block->children[i], error);
    if (!result && wants_job(config, "job_stats_background", VMT_COLLECTOR_JOB) &&
        wants_job(config, "job_stats_completed", VMT_COLLECTOR_JOB_COMPLETED))
        return vmt_error_set(error, -EINVAL,
                             "ExtraStats can have job_stats_background or job_stats_completed, not both: "
                             "their values have the same names");
    return result;
}
