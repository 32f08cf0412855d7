/* SPDX-License-Identifier: Apache-2.0 */
#include "common/xml_private.h"

#include <errno.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOVA_1_0 "http://openstack.org/xmlns/libvirt/nova/1.0"
#define NOVA_1_1 "http://openstack.org/xmlns/libvirt/nova/1.1"
#define LIBOSINFO "http://libosinfo.org/xmlns/libvirt/domain/1.0"

/* What one XPath may cost in libxml2's steps, since the document it walks is a tenant's: some 10 ms. */
enum { STEPS_MAX = 1000 * 1000 };

bool vmt_xml_is_nova(const xmlNs *namespace)
{
    return namespace &&
           (xmlStrEqual(namespace->href, BAD_CAST NOVA_1_0) || xmlStrEqual(namespace->href, BAD_CAST NOVA_1_1));
}

static bool is_label_name(const char *name, size_t length)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return length > 0 && strspn(name, allowed) == length && !strchr("0123456789", name[0]);
}

/* Labels that virtmeter or Prometheus gives itself. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"domain", "uuid", "connection"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(name, reserved[i]))
            return true;
    return !strncmp(name, "__", 2);
}

static xmlXPathContext *new_context(xmlDoc *tree, xmlNode *root)
{
    xmlXPathContext *context = xmlXPathNewContext(tree);
    if (!context)
        return NULL;
    context->error = vmt_document_ignore_error;
    context->opLimit = STEPS_MAX;
    context->node = root;
    return context;
}

static void ignore_message(void *arg, const char *format, ...)
{
    (void)arg, (void)format;
}

/* Some of XPath's messages go to no context but to a handler that belongs to the thread: lent for the moment. */
static xmlXPathObject *evaluate(xmlXPathContext *context, const char *xpath)
{
    xmlGenericErrorFunc handler = xmlGenericError;
    void *arg = xmlGenericErrorContext;
    xmlSetGenericErrorFunc(NULL, ignore_message);
    context->opCount = 0;
    xmlXPathObject *object = xmlXPathEval(BAD_CAST xpath, context);
    xmlSetGenericErrorFunc(arg, handler);
    return object;
}

static const char *explain(int code)
{
    switch (code) {
    case XML_XPATH_UNDEF_VARIABLE_ERROR:
        return "there are no variables";
    case XML_XPATH_UNKNOWN_FUNC_ERROR:
        return "there is no such function";
    case XML_XPATH_INVALID_ARITY:
        return "a function takes another number of arguments";
    case XML_XPATH_INVALID_TYPE:
    case XML_XPATH_INVALID_OPERAND:
        return "a function or operator takes another type";
    default:
        return "its syntax is wrong";
    }
}

/* Also tried on an empty domain, since libxml2 looks functions and variables up no earlier. */
static int check_xpath(const char *xpath, struct vmt_error *error)
{
    struct vmt_document document;
    int result = vmt_document_open("<domain/>", "domain", &document, error);
    if (result < 0)
        return result;
    xmlXPathContext *context = new_context(document.tree, document.root);
    xmlXPathObject *object = context ? evaluate(context, xpath) : NULL;
    if (!context)
        result = vmt_error_set(error, -ENOMEM, "no memory");
    else if (!object && context->lastError.code != XML_XPATH_UNDEF_PREFIX_ERROR)
        result = vmt_error_set(error, -EINVAL, "'%s' is not an XPath: %s", xpath, explain(context->lastError.code));
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    vmt_document_done(&document);
    return result;
}

/* Takes `specification` apart in place: its name after the `count` names that are there, and where its XPath begins. */
static int take_apart(char *specification, const char **names, unsigned count, const char **ret_xpath,
                      struct vmt_error *error)
{
    size_t length = strcspn(specification, "=");
    if (specification[length] != '=')
        return vmt_error_set(error, -EINVAL, "'%s' is not of the form NAME=XPATH", specification);
    if (!is_label_name(specification, length))
        return vmt_error_set(error, -EINVAL, "'%.*s' is not the name of a label", (int)length, specification);
    specification[length] = '\0';
    if (is_reserved(specification))
        return vmt_error_set(error, -EINVAL, "the label name '%s' is reserved", specification);
    for (unsigned i = 0; i < count; i++)
        if (names[i] && !strcmp(names[i], specification))
            return vmt_error_set(error, -EINVAL, "the label '%s' is given twice", specification);
    *ret_xpath = specification + length + 1;
    return check_xpath(*ret_xpath, error);
}

int vmt_xml_labels_new(const char *const *specifications, unsigned count, struct vmt_xml_labels **ret_labels,
                       struct vmt_error *error)
{
    int result = -ENOMEM;
    struct vmt_xml_labels *labels = calloc(1, sizeof *labels);
    const char **names = calloc(count + 2, sizeof *names);
    const char **xpaths = calloc(count + 1, sizeof *xpaths);
    if (!labels || !names || !xpaths) {
        free(labels), free(names), free(xpaths);
        return vmt_error_set(error, result, "no memory for the labels");
    }
    *labels = (struct vmt_xml_labels){.names = names, .xpaths = xpaths};
    names[0] = "domain";
    for (unsigned i = 0; i < count; i++) {
        char *copy = strdup(specifications[i]);
        names[i + 1] = copy;
        labels->count = i + 1;
        result = copy ? take_apart(copy, names + 1, i, &xpaths[i], error)
                      : vmt_error_set(error, -ENOMEM, "no memory for the labels");
        if (result < 0) {
            vmt_xml_labels_free(labels);
            return result;
        }
    }
    *ret_labels = labels;
    return 0;
}

void vmt_xml_labels_free(struct vmt_xml_labels *labels)
{
    if (!labels)
        return;
    for (unsigned i = 0; i < labels->count; i++)
        free((void *)labels->names[i + 1]);
    free((void *)labels->names);
    free((void *)labels->xpaths);
    free(labels);
}

static const xmlNode *next_in_tree(const xmlNode *node, const xmlNode *root)
{
    if (node->type == XML_ELEMENT_NODE && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static void register_prefix(xmlXPathContext *context, const char *prefix, const char *uri)
{
    if (!xmlXPathNsLookup(context, BAD_CAST prefix))
        xmlXPathRegisterNs(context, BAD_CAST prefix, BAD_CAST uri);
}

/* Whether `namespace` is the one that the metadata shall be of. */
static bool is_meant(const xmlNs *namespace, const char *meant)
{
    return *meant ? namespace && xmlStrEqual(namespace->href, BAD_CAST meant) : vmt_xml_is_nova(namespace);
}

static xmlNode *find_metadata(const struct vmt_document *document, const char *meant)
{
    const xmlNode *metadata = vmt_document_child(document->root, "metadata");
    xmlNode *node = metadata ? metadata->children : NULL;
    while (node && !(node->type == XML_ELEMENT_NODE && is_meant(node->ns, meant)))
        node = node->next;
    return node;
}

/* The metadata as a document of its own, without its namespace; NULL when there is none, or no memory, which is noted.
 */
static xmlDoc *extract(struct vmt_document *document, const char *meant)
{
    xmlNode *metadata = find_metadata(document, meant);
    if (!metadata)
        return NULL;
    xmlDoc *tree = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = tree ? xmlDocCopyNode(metadata, tree, 1) : NULL;
    if (!root) {
        document->out_of_memory = true;
        xmlFreeDoc(tree);
        return NULL;
    }
    xmlDocSetRootElement(tree, root);
    for (const xmlNode *node = root; node; node = next_in_tree(node, root))
        if (node->type == XML_ELEMENT_NODE && is_meant(node->ns, meant))
            ((xmlNode *)node)->ns = NULL;
    return tree;
}

/* The prefixes that the document declares anywhere, the first of each; and the known ones, whatever it calls them. */
static void register_prefixes(xmlXPathContext *context, const xmlNode *root)
{
    const char *nova = NOVA_1_1;
    for (const xmlNode *node = root; node; node = next_in_tree(node, root)) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        for (const xmlNs *namespace = node->nsDef; namespace; namespace = namespace->next) {
            if (namespace->prefix)
                register_prefix(context, (const char *)namespace->prefix, (const char *)namespace->href);
            if (vmt_xml_is_nova(namespace))
                nova = (const char *)namespace->href;
        }
    }
    register_prefix(context, "nova", nova);
    register_prefix(context, "libosinfo", LIBOSINFO);
}

static const char *find_text(struct vmt_document *document, xmlXPathContext *context, const char *xpath)
{
    xmlXPathObject *object = evaluate(context, xpath);
    bool is_number = object && object->type == XPATH_NUMBER;
    xmlChar *text = object && !(is_number && isnan(object->floatval)) ? xmlXPathCastToString(object) : NULL;
    const char *kept = text ? vmt_document_trim(document, (const char *)text) : NULL;
    xmlFree(text);
    xmlXPathFreeObject(object);
    return kept;
}

/* Gives a sample of one label, `domain`, the configured ones after it. */
static void extend(struct vmt_sample *sample, const struct vmt_xml_labels *labels, const char *const *texts,
                   struct vmt_part *part)
{
    const char **all = vmt_arena_alloc(&part->arena, (labels->count + 1) * sizeof *all);
    if (!all) {
        part->out_of_memory = true;
        return;
    }
    all[0] = sample->labels[0];
    for (unsigned i = 0; i < labels->count; i++) {
        all[i + 1] = vmt_arena_strdup(&part->arena, texts[i]);
        if (texts[i] && !all[i + 1])
            part->out_of_memory = true;
    }
    sample->label_names = labels->names;
    sample->labels = all;
    sample->label_count = labels->count + 1;
}

/* The texts that the XPaths find in `tree`; whether one does. */
static bool find_texts(const struct vmt_xml_labels *labels, struct vmt_document *document, xmlDoc *tree,
                       const char **texts)
{
    xmlNode *root = xmlDocGetRootElement(tree);
    xmlXPathContext *context = new_context(tree, root);
    if (!context) {
        document->out_of_memory = true;
        return false;
    }
    register_prefixes(context, root);
    bool is_known = false;
    for (unsigned i = 0; i < labels->count; i++) {
        texts[i] = find_text(document, context, labels->xpaths[i]);
        is_known = is_known || texts[i];
    }
    xmlXPathFreeContext(context);
    return is_known;
}

void vmt_xml_labels_add(const struct vmt_xml_labels *labels, struct vmt_document *document,
                        const struct vmt_domain *domain, struct vmt_part *part)
{
    const char **texts = vmt_arena_alloc(&document->texts, labels->count * sizeof *texts);
    if (!texts) {
        document->out_of_memory = true;
        return;
    }
    xmlDoc *own = labels->metadata ? extract(document, labels->metadata) : NULL;
    if (labels->metadata && !own)
        return;
    bool is_known = find_texts(labels, document, own ? own : document->tree, texts);
    xmlFreeDoc(own);
    struct vmt_sample *sample = is_known ? vmt_part_add(part, VMT_ENTITY_DOMAIN_METADATA, domain, &domain->name) : NULL;
    if (!sample)
        return;
    sample->value[0] = vmt_integer(1);
    extend(sample, labels, texts, part);
}
