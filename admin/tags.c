/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/tags.h"
#include "common/document.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <string.h>

static bool is_called(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name);
}

static bool is_ours(const xmlNode *node)
{
    return node->ns && xmlStrEqual(node->ns->href, BAD_CAST VMT_TAGS_NAMESPACE);
}

static int add_tag(struct vmt_tags *tags, const xmlNode *node, struct vmt_error *error)
{
    if (tags->count == VMT_TAGS_MAX)
        return vmt_error_set(error, -EINVAL, "line %ld: there are more than %d tags", xmlGetLineNo((xmlNode *)node),
                             VMT_TAGS_MAX);
    xmlChar *content = xmlNodeGetContent(node);
    bool is_long = content && strlen((const char *)content) > VMT_DOCUMENT_TEXT_MAX;
    const char *text = content && !is_long ? vmt_arena_strdup(&tags->memory, (const char *)content) : NULL;
    xmlFree(content);
    if (is_long)
        return vmt_error_set(error, -EINVAL, "line %ld: the tag is longer than %d bytes", xmlGetLineNo((xmlNode *)node),
                             VMT_DOCUMENT_TEXT_MAX);
    if (!text)
        return vmt_error_set(error, -ENOMEM, "no memory");
    tags->texts[tags->count++] = text;
    return 0;
}

static int add_tags(struct vmt_tags *tags, const xmlNode *list, struct vmt_error *error)
{
    int result = 0;
    for (const xmlNode *tag = list->children; tag && !result; tag = tag->next)
        if (is_called(tag, "tag") && (!tag->ns || is_ours(tag)))
            result = add_tag(tags, tag, error);
    return result;
}

int vmt_tags_read(const char *xml, struct vmt_tags *ret_tags, struct vmt_error *error)
{
    struct vmt_document document;
    int result = vmt_document_open(xml, "domain", &document, error);
    if (result < 0)
        return result;
    ret_tags->count = 0;
    vmt_arena_init(&ret_tags->memory);
    for (const xmlNode *metadata = vmt_document_child(document.root, "metadata"); metadata && !result;
         metadata = vmt_document_next(metadata))
        for (const xmlNode *node = metadata->children; node && !result; node = node->next)
            if (is_called(node, "tags") && is_ours(node))
                result = add_tags(ret_tags, node, error);
    vmt_document_done(&document);
    if (result < 0)
        vmt_tags_done(ret_tags);
    return result;
}

void vmt_tags_done(struct vmt_tags *tags)
{
    vmt_arena_done(&tags->memory);
}
