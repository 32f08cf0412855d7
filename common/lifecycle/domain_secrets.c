/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/domain_secrets.h"
#include "common/document.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

/* What is in these elements is a secret. */
static const struct {
    const char *parent, *name;
} secrets[] = {
    {"sysinfo", "entry"}, {"launchSecurity", "session"}, {"launchSecurity", "dhCert"},
    {"os", "initenv"},    {"cookies", "cookie"},
};

static bool is_called(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns && xmlStrEqual(node->name, BAD_CAST name);
}

static bool is_secret(const xmlNode *node)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (is_called(node, secrets[i].name) && is_called(node->parent, secrets[i].parent))
            return true;
    return false;
}

/* SMBIOS tables are plain to the guest; what is in firmware configuration is often a key. */
static bool is_plain_sysinfo(const xmlNode *node)
{
    xmlChar *type = is_called(node, "sysinfo") ? xmlGetNoNsProp((xmlNode *)node, BAD_CAST "type") : NULL;
    bool is_plain = type && xmlStrEqual(type, BAD_CAST "smbios");
    xmlFree(type);
    return is_plain;
}

static bool hide_attribute(xmlNode *node, const char *name)
{
    xmlAttr *attribute = xmlHasNsProp(node, BAD_CAST name, NULL);
    if (attribute)
        xmlRemoveProp(attribute);
    return attribute;
}

/* Whether something was taken out. */
static bool hide(xmlNode *node)
{
    bool is_changed = hide_attribute(node, "passwd");
    if (is_called(node, "metadata") || is_plain_sysinfo(node))
        return is_changed;
    for (xmlNode *child = node->children, *next; child; child = next) {
        next = child->next;
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (!child->ns && !is_secret(child)) {
            is_changed |= hide(child);
            continue;
        }
        xmlUnlinkNode(child);
        xmlFreeNode(child);
        is_changed = true;
    }
    return is_changed;
}

int vmt_domain_hide_secrets(const char *xml, char **ret_xml, struct vmt_error *error)
{
    struct vmt_document document;
    int result = vmt_document_open(xml, "domain", &document, error);
    if (result < 0)
        return result;
    char *as_it_is = NULL;
    if (hide(document.root))
        result = vmt_document_print(&document, ret_xml, error);
    else if ((as_it_is = strdup(xml)))
        *ret_xml = as_it_is;
    else
        result = vmt_error_set(error, -ENOMEM, "no memory");
    vmt_document_done(&document);
    return result;
}
