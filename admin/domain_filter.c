/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/domain_filter.h"
#include "admin/domain_grammar.h"
#include "common/document.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256 };

struct filter {
    const struct vmt_domain_limits *limits;
    struct vmt_error *error;
    const char *name;     /* of the domain; NULL: it has none */
    char path[PATH_SIZE]; /* of the element that is looked at, as in the table */
};

/* ---- the table */

/* Whether the name, `length` long, is one of the alternatives of the pattern's part, `part_length` long. */
static bool is_part(const char *part, size_t part_length, const char *name, size_t length)
{
    if (part_length == 1 && *part == '*')
        return true;
    for (const char *end = part + part_length; part < end;) {
        size_t size = 0;
        while (part + size < end && part[size] != '|')
            size++;
        if (size == length && !strncmp(part, name, length))
            return true;
        part += size + 1;
    }
    return false;
}

static bool is_path(const char *pattern, const char *path)
{
    for (;;) {
        size_t part = strcspn(pattern, "/"), name = strcspn(path, "/");
        if (!is_part(pattern, part, path, name) && (part || name))
            return false;
        if (!pattern[part] || !path[name])
            return !pattern[part] && !path[name];
        pattern += part + 1;
        path += name + 1;
    }
}

static const struct vmt_element *find_row(const char *path)
{
    for (const struct vmt_element *row = vmt_domain_grammar; row->path; row++)
        if (is_path(row->path, path))
            return row;
    return NULL;
}

/* The values that the row allows for an attribute, or NULL. */
static const char *find_attribute(const struct vmt_element *row, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = row->attributes; *at; at += strspn(at, " ")) {
        const char *start = *at == '+' ? at + 1 : at;
        if (!strncmp(start, name, length) && start[length] == '=')
            return start + length + 1;
        at += strcspn(at, " ");
    }
    return NULL;
}

/* ---- elements */

/* Fills the error; texts of the document are cut, and a line stays a line. */
__attribute__((format(printf, 3, 4))) static int refuse(struct filter *filter, const xmlNode *node, const char *format,
                                                        ...)
{
    char reason[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    return vmt_error_set(filter->error, -EPERM, "line %ld: %s", xmlGetLineNo((xmlNode *)node), reason);
}

static int check_attribute(struct filter *filter, const struct vmt_element *row, const xmlNode *node,
                           const xmlAttr *attribute)
{
    const char *name = (const char *)attribute->name;
    if (attribute->ns)
        return refuse(filter, node, "attribute '%.32s:%.32s' of <%.64s> is not allowed",
                      (const char *)(attribute->ns->prefix ? attribute->ns->prefix : BAD_CAST ""), name,
                      (const char *)node->name);
    const char *kinds = find_attribute(row, name);
    if (!kinds)
        return refuse(filter, node, "attribute '%.64s' of <%.64s> is not allowed", name, (const char *)node->name);
    xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
    if (!value)
        return vmt_error_set(filter->error, -ENOMEM, "no memory");
    int result = 0;
    if (!vmt_domain_value(filter->limits, kinds, (const char *)value))
        result = refuse(filter, node, "attribute '%.64s' of <%.64s> may not be '%.128s'", name,
                        (const char *)node->name, (const char *)value);
    xmlFree(value);
    return result;
}

static int check_attributes(struct filter *filter, const struct vmt_element *row, const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        int result = check_attribute(filter, row, node, attribute);
        if (result < 0)
            return result;
    }
    for (const char *at = row->attributes; (at = strchr(at, '+')); at++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "="), at + 1);
        if (!xmlHasProp((xmlNode *)node, BAD_CAST name))
            return refuse(filter, node, "<%s> needs the attribute '%s'", (const char *)node->name, name);
    }
    return 0;
}

/* Elements with a text have no other elements in them, so that all of what is inside is theirs. */
static int check_text(struct filter *filter, const struct vmt_element *row, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child && !row->text; child = child->next)
        if (child->type != XML_ELEMENT_NODE && !xmlIsBlankNode((xmlNode *)child))
            return refuse(filter, node, "<%.64s> may have no text", (const char *)node->name);
    xmlChar *text = row->text ? xmlNodeGetContent(node) : NULL;
    int result = 0;
    if (row->text && !text)
        result = vmt_error_set(filter->error, -ENOMEM, "no memory");
    else if (row->text && !vmt_domain_value(filter->limits, row->text, (const char *)text))
        result = refuse(filter, node, "<%.64s> may not be '%.128s'", (const char *)node->name, (const char *)text);
    xmlFree(text);
    return result;
}

/* Whether a disk or a backing file is qcow2 and does not say what is behind it. */
static bool hides_chain(const xmlNode *node)
{
    bool is_store = xmlStrEqual(node->name, BAD_CAST "backingStore");
    const xmlNode *format = vmt_document_child(node, is_store ? "format" : "driver");
    if (!format || vmt_document_child(node, "backingStore"))
        return false;
    xmlChar *type = xmlGetNoNsProp((xmlNode *)format, BAD_CAST "type");
    bool is_raw = !type || xmlStrEqual(type, BAD_CAST "raw");
    xmlFree(type);
    return !is_raw;
}

/*
 * Whether a file of NVRAM is the one that libvirt itself would choose. libvirt deletes it when the domain is undefined
 * with its NVRAM, so another one would be a way to delete what belongs to others.
 */
static bool is_own_nvram(const struct filter *filter, const xmlNode *node)
{
    xmlChar *text = xmlNodeGetContent(node);
    const char *path = text ? (const char *)text : "/";
    const char *file = strrchr(path, '/');
    size_t length = strlen(filter->name ? filter->name : "");
    bool is_own = !*path || (file && length && !strncmp(file + 1, filter->name, length) &&
                             !strcmp(file + 1 + length, "_VARS.fd"));
    xmlFree(text);
    return is_own;
}

static int check_element(struct filter *filter, xmlNode *node);

static int check_child(struct filter *filter, const struct vmt_element *row, xmlNode *child)
{
    size_t length = strlen(filter->path);
    const char *name = (const char *)child->name;
    const char *last = strrchr(filter->path, '/');
    if (child->ns)
        return refuse(filter, child, "<%.32s:%.64s> is not allowed: it is of another namespace",
                      (const char *)(child->ns->prefix ? child->ns->prefix : BAD_CAST ""), name);
    bool is_same = (row->flags & VMT_ELEMENT_NESTS) && last && !strcmp(last + 1, name);
    if (!is_same && length + strlen(name) + 2 > sizeof filter->path)
        return refuse(filter, child, "<%.64s> is not allowed", name);
    if (!is_same)
        snprintf(filter->path + length, sizeof filter->path - length, "%s%s", length ? "/" : "", name);
    int result = check_element(filter, child);
    filter->path[length] = '\0';
    return result;
}

static int check_children(struct filter *filter, const struct vmt_element *row, const xmlNode *node)
{
    int result = 0;
    for (xmlNode *child = node->children; child && !result; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            result = check_child(filter, row, child);
    return result;
}

static int check_element(struct filter *filter, xmlNode *node)
{
    const char *name = (const char *)node->name;
    const struct vmt_element *row = find_row(filter->path);
    if (!row)
        return refuse(filter, node, "<%.64s> is not allowed in <%.64s>", name, (const char *)node->parent->name);
    if ((row->flags & VMT_ELEMENT_ONCE) && vmt_document_next(node))
        return refuse(filter, node, "there may be only one <%s>", name);
    int result = check_attributes(filter, row, node);
    if (result < 0 || (row->flags & VMT_ELEMENT_ANYTHING))
        return result;
    result = check_text(filter, row, node);
    if (!result && !strcmp(filter->path, "os/nvram") && !is_own_nvram(filter, node))
        result = refuse(filter, node, "<nvram> may only be empty, or the file '%.128s_VARS.fd'",
                        filter->name ? filter->name : "NAME");
    if (!result)
        result = check_children(filter, row, node);
    bool is_image = !strcmp(filter->path, "devices/disk") || !strcmp(filter->path, "devices/disk/backingStore");
    if (!result && is_image && hides_chain(node))
        result = refuse(filter, node,
                        "<%s>: a qcow2 image needs a <backingStore>, an empty one if nothing is behind it", name);
    return result;
}

/* ---- the document */

/* Takes out the space between elements; what is in the metadata is not for libvirt. */
static void strip(xmlNode *node)
{
    if (xmlStrEqual(node->name, BAD_CAST "metadata"))
        return;
    for (xmlNode *child = node->children, *next; child; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE) {
            strip(child);
        } else if (xmlIsBlankNode(child)) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
}

static int fill(struct vmt_document *document, struct vmt_definition *definition, struct vmt_error *error)
{
    const char *name = vmt_document_text(document, vmt_document_child(document->root, "name"));
    const char *uuid = vmt_document_text(document, vmt_document_child(document->root, "uuid"));
    if (document->out_of_memory)
        return vmt_error_set(error, -ENOMEM, "no memory");
    if (!name)
        return vmt_error_set(error, -EPERM, "line 1: <domain> needs a <name>");
    snprintf(definition->name, sizeof definition->name, "%s", name);
    snprintf(definition->uuid, sizeof definition->uuid, "%s", uuid ? uuid : "");
    for (char *c = definition->uuid; *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    strip(document->root);
    return vmt_document_print(document, &definition->xml, error);
}

int vmt_domain_filter(const char *xml, const struct vmt_domain_limits *limits, struct vmt_definition *ret_definition,
                      struct vmt_error *error)
{
    struct filter filter = {.limits = limits, .error = error};
    struct vmt_document document;
    struct vmt_definition definition = {0};
    int result = vmt_document_open(xml, "domain", &document, error);
    if (result < 0)
        return result;
    filter.name = vmt_document_text(&document, vmt_document_child(document.root, "name"));
    result = check_element(&filter, document.root);
    if (!result)
        result = fill(&document, &definition, error);
    vmt_document_done(&document);
    if (!result)
        *ret_definition = definition;
    return result;
}

void vmt_definition_done(struct vmt_definition *definition)
{
    free(definition->xml);
    definition->xml = NULL;
}
