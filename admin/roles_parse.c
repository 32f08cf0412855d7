/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/roles_private.h"
#include "admin/trusted_file.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* One file being read. The event is the one that is to be looked at next. */
struct reader {
    const char *name; /* of the file */
    const struct vmt_roles_lookup *lookup;
    struct vmt_arena *memory;
    struct vmt_error *error;
    yaml_parser_t parser;
    yaml_event_t event;
};

#define refuse(reader, code, ...) refuse_at(reader, (reader)->event.start_mark.line, code, __VA_ARGS__)

__attribute__((format(printf, 4, 5))) static int refuse_at(struct reader *reader, size_t line, int code,
                                                           const char *format, ...)
{
    char reason[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return vmt_error_set(reader->error, code, "%s:%zu: %s", reader->name, line + 1, reason);
}

static int out_of_memory(struct reader *reader)
{
    return vmt_error_set(reader->error, -ENOMEM, "%s: no memory", reader->name);
}

/* Goes on to the next event. Names for things that come again, and types, are more than the file needs. */
static int advance(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event)) {
        const yaml_parser_t *parser = &reader->parser;
        if (parser->error == YAML_MEMORY_ERROR)
            return out_of_memory(reader);
        bool is_of_reader = parser->error == YAML_READER_ERROR; /* which has no line of its own */
        return refuse_at(reader, is_of_reader ? parser->mark.line : parser->problem_mark.line, -EINVAL, "%s",
                         parser->problem);
    }
    const yaml_event_t *event = &reader->event;
    bool is_special = event->type == YAML_ALIAS_EVENT ||
                      (event->type == YAML_SCALAR_EVENT && (event->data.scalar.anchor || event->data.scalar.tag)) ||
                      (event->type == YAML_SEQUENCE_START_EVENT &&
                       (event->data.sequence_start.anchor || event->data.sequence_start.tag)) ||
                      (event->type == YAML_MAPPING_START_EVENT &&
                       (event->data.mapping_start.anchor || event->data.mapping_start.tag));
    return is_special ? refuse(reader, -EINVAL, "anchors, aliases and tags are not accepted") : 0;
}

/* Goes on, when the event is of this type; `what` says what was expected. */
static int expect(struct reader *reader, yaml_event_type_t type, const char *what)
{
    if (reader->event.type != type)
        return refuse(reader, -EINVAL, "expected %s", what);
    return advance(reader);
}

/* The text of the scalar that is looked at, without zero bytes; NULL, after a refusal, when it is none. */
static const char *scalar(struct reader *reader, const char *what)
{
    const yaml_event_t *event = &reader->event;
    if (event->type != YAML_SCALAR_EVENT) {
        refuse(reader, -EINVAL, "expected %s", what);
        return NULL;
    }
    const char *text = (const char *)event->data.scalar.value;
    if (!*text || strlen(text) != event->data.scalar.length) {
        refuse(reader, -EINVAL, "expected %s, not an empty text", what);
        return NULL;
    }
    return text;
}

/* ---- single values; each fills a word or refuses the text */

typedef int take_function(struct reader *reader, const char *text, struct vmt_roles_word *word);

/* A number that is no more than 32 bits; false when it is something else. */
static bool read_id(const char *text, id_t *ret_id)
{
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
        return false;
    unsigned long long number = strtoull(text, NULL, 10);
    *ret_id = (id_t)number;
    return number < UINT32_MAX; /* -1 stands for "none" */
}

static int check_id(struct reader *reader, const char *text, const char *kind, int code, id_t id)
{
    if (code == -ENOENT)
        return refuse(reader, -EINVAL, "there is no %s '%s'", kind, text);
    if (code < 0)
        return refuse(reader, code, "cannot look up the %s '%s': %s", kind, text, strerror(-code));
    if (id == VMT_OVERFLOW_ID)
        return refuse(reader, -EINVAL, "the %s '%s' is %d, which stands for everybody who is unknown here", kind, text,
                      VMT_OVERFLOW_ID);
    return 0;
}

static int take_user(struct reader *reader, const char *text, struct vmt_roles_word *word)
{
    int code = read_id(text, &word->id) ? 0 : reader->lookup->user(text, &word->id);
    return check_id(reader, text, "user", code, word->id);
}

static int take_group(struct reader *reader, const char *text, struct vmt_roles_word *word)
{
    int code = read_id(text, &word->id) ? 0 : reader->lookup->group(text, &word->id);
    return check_id(reader, text, "group", code, word->id);
}

/* Whether each bracket is closed and no backslash comes last: fnmatch would take them for themselves. */
static bool is_glob(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '\\' && !*++at)
            return false;
        if (*at != '[')
            continue;
        const char *first = at[1] == '!' || at[1] == '^' ? at + 2 : at + 1; /* a bracket there is a member */
        if (!*first || !(at = strchr(first + 1, ']')))
            return false;
    }
    return true;
}

static int take_glob(struct reader *reader, const char *text, struct vmt_roles_word *word)
{
    (void)word;
    if (strlen(text) > 255)
        return refuse(reader, -EINVAL, "the name pattern '%.32s…' is longer than 255 bytes", text);
    return is_glob(text) ? 0 : refuse(reader, -EINVAL, "'%s' is not a name pattern", text);
}

static int take_uuid(struct reader *reader, const char *text, struct vmt_roles_word *word)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool fits = strlen(text) == sizeof shape - 1;
    for (size_t i = 0; fits && i < sizeof shape - 1; i++)
        fits = shape[i] == '-' ? text[i] == '-' : strchr("0123456789abcdefABCDEF", text[i]) != NULL;
    if (!fits)
        return refuse(reader, -EINVAL, "'%s' is not a UUID", text);
    char *lower = vmt_arena_strdup(reader->memory, text);
    for (char *c = lower; c && *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    word->text = lower;
    return lower ? 0 : out_of_memory(reader);
}

static int take_tag(struct reader *reader, const char *text, struct vmt_roles_word *word)
{
    (void)word;
    return strlen(text) <= 255 ? 0 : refuse(reader, -EINVAL, "the tag '%.32s…' is longer than 255 bytes", text);
}

/* ---- values of keys */

static int read_list(struct reader *reader, take_function *take, const struct vmt_roles_word **ret_words)
{
    int result = expect(reader, YAML_SEQUENCE_START_EVENT, "a list");
    if (!result && reader->event.type == YAML_SEQUENCE_END_EVENT)
        result = refuse(reader, -EINVAL, "the list is empty: leave the key out");
    while (!result && reader->event.type != YAML_SEQUENCE_END_EVENT) {
        const char *text = scalar(reader, "a text in the list");
        if (!text)
            return -EINVAL;
        struct vmt_roles_word *word = vmt_arena_alloc(reader->memory, sizeof *word);
        if (!word)
            return out_of_memory(reader);
        result = take(reader, text, word);
        if (!result && !word->text && !(word->text = vmt_arena_strdup(reader->memory, text)))
            result = out_of_memory(reader);
        word->next = (struct vmt_roles_word *)*ret_words;
        *ret_words = word;
        if (!result)
            result = advance(reader);
    }
    return result ? result : advance(reader);
}

static int read_role(struct reader *reader, enum vmt_role *ret_role)
{
    const char *text = scalar(reader, "a role");
    for (int role = VMT_ROLE_VIEWER; text && role < VMT_ROLE_COUNT; role++) {
        if (!strcmp(text, vmt_role_names[role])) {
            *ret_role = (enum vmt_role)role;
            return advance(reader);
        }
    }
    return text ? refuse(reader, -EINVAL, "'%s' is not a role: viewer, operator, power or definer", text) : -EINVAL;
}

static int read_bool(struct reader *reader, bool *ret_value)
{
    const char *text = scalar(reader, "true or false");
    if (!text)
        return -EINVAL;
    bool is_plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!is_plain || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
        return refuse(reader, -EINVAL, "expected true or false, not '%s'", text);
    *ret_value = !strcmp(text, "true");
    return advance(reader);
}

/* ---- mappings: a table of keys, each with what reads its value and where that goes */

struct key {
    const char *name;
    take_function *take; /* of a list of words */
    int (*read)(struct reader *reader, void *place);
    size_t offset;
};

static int read_role_at(struct reader *reader, void *place)
{
    return read_role(reader, place);
}

static int read_bool_at(struct reader *reader, void *place)
{
    return read_bool(reader, place);
}

static const struct key grant_keys[] = {
    {"role", NULL, read_role_at, offsetof(struct vmt_roles_grant, role)},
    {"users", take_user, NULL, offsetof(struct vmt_roles_grant, users)},
    {"groups", take_group, NULL, offsetof(struct vmt_roles_grant, groups)},
    {"domains", take_glob, NULL, offsetof(struct vmt_roles_grant, scope.domains)},
    {"uuids", take_uuid, NULL, offsetof(struct vmt_roles_grant, scope.uuids)},
    {"tags", take_tag, NULL, offsetof(struct vmt_roles_grant, scope.tags)},
    {"networks", take_glob, NULL, offsetof(struct vmt_roles_grant, scope.networks)},
    {"pools", take_glob, NULL, offsetof(struct vmt_roles_grant, scope.pools)},
    {"skip-confirmation", NULL, read_bool_at, offsetof(struct vmt_roles_grant, skips_confirmation)},
    {"lift-protection", NULL, read_bool_at, offsetof(struct vmt_roles_grant, lifts_protection)},
    {NULL, NULL, NULL, 0},
};

static const struct key protected_keys[] = {
    {"domains", take_glob, NULL, offsetof(struct vmt_roles_scope, domains)},
    {"uuids", take_uuid, NULL, offsetof(struct vmt_roles_scope, uuids)},
    {"tags", take_tag, NULL, offsetof(struct vmt_roles_scope, tags)},
    {NULL, NULL, NULL, 0},
};

static int read_grants(struct reader *reader, void *place);
static int read_protected(struct reader *reader, void *place);

static const struct key file_keys[] = {
    {"grants", NULL, read_grants, offsetof(struct vmt_roles, grants)},
    {"protected", NULL, read_protected, offsetof(struct vmt_roles, protected)},
    {NULL, NULL, NULL, 0},
};

/* The key that the next scalar names; NULL, after a refusal, when it is none or has been there. */
static const struct key *find_key(struct reader *reader, const struct key *keys, unsigned *seen)
{
    const char *text = scalar(reader, "a key");
    for (const struct key *key = keys; text && key->name; key++) {
        if (strcmp(text, key->name) != 0)
            continue;
        unsigned bit = 1U << (key - keys);
        if (*seen & bit) {
            refuse(reader, -EINVAL, "the key '%s' comes twice", text);
            return NULL;
        }
        *seen |= bit;
        return key;
    }
    if (text)
        refuse(reader, -EINVAL, "unknown key '%s'", text);
    return NULL;
}

static int read_mapping(struct reader *reader, const struct key *keys, void *object)
{
    unsigned seen = 0;
    int result = expect(reader, YAML_MAPPING_START_EVENT, "a mapping of keys to values");
    while (!result && reader->event.type != YAML_MAPPING_END_EVENT) {
        const struct key *key = find_key(reader, keys, &seen);
        if (!key)
            return -EINVAL;
        void *place = (char *)object + key->offset;
        result = advance(reader);
        if (!result)
            result = key->take ? read_list(reader, key->take, place) : key->read(reader, place);
    }
    return result ? result : advance(reader);
}

static int check_grant(struct reader *reader, const struct vmt_roles_grant *grant)
{
    const struct vmt_roles_scope *scope = &grant->scope;
    size_t line = grant->line - 1;
    if (grant->role == VMT_ROLE_NONE)
        return refuse_at(reader, line, -EINVAL, "the grant has no 'role'");
    if (!grant->users && !grant->groups)
        return refuse_at(reader, line, -EINVAL, "the grant is for nobody: it needs 'users' or 'groups'");
    if (!scope->domains && !scope->uuids && !scope->tags && !scope->networks && !scope->pools)
        return refuse_at(reader, line, -EINVAL,
                         "the grant is for nothing: it needs 'domains', 'uuids', 'tags', 'networks' or 'pools'");
    return 0;
}

static int read_grants(struct reader *reader, void *place)
{
    const struct vmt_roles_grant **head = place;
    int result = expect(reader, YAML_SEQUENCE_START_EVENT, "a list of grants");
    while (!result && reader->event.type != YAML_SEQUENCE_END_EVENT) {
        struct vmt_roles_grant *grant = vmt_arena_alloc(reader->memory, sizeof *grant);
        if (!grant)
            return out_of_memory(reader);
        grant->line = (unsigned)reader->event.start_mark.line + 1;
        result = read_mapping(reader, grant_keys, grant);
        if (!result)
            result = check_grant(reader, grant);
        grant->next = (struct vmt_roles_grant *)*head;
        *head = grant;
    }
    return result ? result : advance(reader);
}

static int read_protected(struct reader *reader, void *place)
{
    return read_mapping(reader, protected_keys, place);
}

static int read_file(struct reader *reader, struct vmt_roles *roles)
{
    int result = advance(reader);
    if (!result)
        result = expect(reader, YAML_STREAM_START_EVENT, "YAML");
    if (!result)
        result = expect(reader, YAML_DOCUMENT_START_EVENT, "a document with the key 'grants'");
    if (!result)
        result = read_mapping(reader, file_keys, roles);
    if (!result)
        result = expect(reader, YAML_DOCUMENT_END_EVENT, "the end of the document");
    if (!result && reader->event.type != YAML_STREAM_END_EVENT)
        result = refuse(reader, -EINVAL, "a second document begins");
    return result;
}

int vmt_roles_parse(const char *name, const char *text, size_t length, const struct vmt_roles_lookup *lookup,
                    struct vmt_roles **ret_roles, struct vmt_error *error)
{
    struct vmt_roles *roles = calloc(1, sizeof *roles);
    if (!roles)
        return vmt_error_set(error, -ENOMEM, "%s: no memory", name);
    atomic_init(&roles->references, 1);
    vmt_arena_init(&roles->memory);
    struct reader reader = {.name = name, .lookup = lookup, .memory = &roles->memory, .error = error};
    int result = 0;
    if (!yaml_parser_initialize(&reader.parser)) {
        result = out_of_memory(&reader);
    } else {
        yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
        result = read_file(&reader, roles);
        yaml_event_delete(&reader.event);
        yaml_parser_delete(&reader.parser);
    }
    if (result < 0)
        vmt_roles_unref(roles);
    else
        *ret_roles = roles;
    return result;
}

int vmt_roles_read(const char *path, uid_t owner, const struct vmt_roles_lookup *lookup, struct vmt_roles **ret_roles,
                   struct vmt_error *error)
{
    char *text = NULL;
    size_t length = 0;
    int result = vmt_trusted_file_read(path, owner, VMT_ROLES_FILE_MAX, &text, &length, error);
    if (!result)
        result = vmt_roles_parse(path, text, length, lookup, ret_roles, error);
    free(text);
    return result;
}
