/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's XML: what passes the filter is checked again by rules that are not the filter's, passes again, and stays
 * as it is; what is shown has no passwords; tags can be read or not, but nothing breaks.
 */
#include "admin/domain_filter.h"
#include "admin/tags.h"
#include "common/lifecycle/domain_secrets.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdbool.h>

static bool is_one_of(const xmlChar *name, const char *const *list)
{
    while (*list && strcmp((const char *)name, *list) != 0)
        list++;
    return *list;
}

/* libvirt deletes it with the domain. */
static bool is_own_nvram(const xmlNode *node, const char *domain)
{
    char own[512];
    xmlChar *path = xmlNodeGetContent(node);
    snprintf(own, sizeof own, "/%s_VARS.fd", domain);
    const char *file = strrchr((const char *)path, '/');
    bool is_own = !*path || (file && !strcmp(file, own));
    xmlFree(path);
    return is_own;
}

/* An independent, short list of what must never be there, and where paths must lead. */
static void check(const xmlNode *node, const char *domain)
{
    static const char *const elements[] = {"hostdev",     "filesystem", "seclabel", "kernel",     "initrd",
                                           "commandline", "init",       "script",   "bootloader", "log",
                                           "secret",      "auth",       "shmem",    "lease",      "encryption",
                                           "gl",          "slirp",      "cookies",  NULL};
    static const char *const attributes[] = {"path",       "dir",    "passwd", "socket", "host",
                                             "rendernode", "bridge", "pool",   "volume", NULL};
    assert(!node->ns && !is_one_of(node->name, elements));
    assert(strcmp((const char *)node->name, "nvram") != 0 || is_own_nvram(node, domain));
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
        assert(!attribute->ns && !is_one_of(attribute->name, attributes));
        if (!strcmp((const char *)attribute->name, "file"))
            assert(!strncmp((const char *)value, "/var/lib/libvirt/images/", 24) &&
                   !strstr((const char *)value, "/.."));
        else
            assert(!strchr((const char *)value, '/') || !strcmp((const char *)attribute->name, "template"));
        xmlFree(value);
    }
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, "metadata") != 0)
            check(child, domain);
}

static void filter(const char *xml)
{
    struct vmt_definition first, second;
    struct vmt_error error = {0};
    int result = vmt_domain_filter(xml, &vmt_domain_limits_default, &first, &error);
    if (result < 0) {
        assert(error.code == result && *error.text && !strchr(error.text, '\n'));
        return;
    }
    assert(*first.name && !strchr(first.name, '/') && (!*first.uuid || strlen(first.uuid) == 36));
    xmlDoc *document = xmlReadMemory(first.xml, (int)strlen(first.xml), NULL, "UTF-8", XML_PARSE_NONET);
    assert(document);
    check(xmlDocGetRootElement(document), first.name);
    xmlFreeDoc(document);
    result = vmt_domain_filter(first.xml, &vmt_domain_limits_default, &second, NULL);
    assert(!result && !strcmp(first.xml, second.xml) && !strcmp(first.name, second.name));
    vmt_definition_done(&first);
    vmt_definition_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *xml = fuzz_text(data, size), *shown = NULL;
    struct vmt_tags tags;
    filter(xml);
    if (vmt_tags_read(xml, &tags, NULL) == 0)
        vmt_tags_done(&tags);
    if (vmt_domain_hide_secrets(xml, &shown, NULL) == 0) {
        char *again = NULL;
        assert(vmt_domain_hide_secrets(shown, &again, NULL) == 0 && !strcmp(shown, again));
        free(again);
    }
    free(shown);
    free(xml);
    return 0;
}
