/* SPDX-License-Identifier: Apache-2.0 */
#include "common/document.h"

#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <string.h>

#define SPACE " \t\r\n"

/* What the callbacks of one parser need. */
struct reader {
    unsigned elements, namespaces;
    const char *refusal; /* why it was stopped, or NULL */
};

static void refuse(xmlParserCtxt *parser, const char *why)
{
    struct reader *reader = parser->_private;
    if (!reader->refusal)
        reader->refusal = why;
    xmlStopParser(parser);
}

/* In place of the definition of entities: without a document type there are none. */
static void refuse_document_type(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    refuse(arg, "document types are not accepted");
}

static void start_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted_count,
                          const xmlChar **attributes)
{
    xmlParserCtxt *parser = arg;
    struct reader *reader = parser->_private;
    if (parser->nodeNr >= VMT_DOCUMENT_DEPTH_MAX)
        refuse(parser, "elements are nested too deep");
    else if (++reader->elements > VMT_DOCUMENT_ELEMENTS_MAX)
        refuse(parser, "there are too many elements");
    else if ((reader->namespaces += (unsigned)namespace_count) > VMT_DOCUMENT_NAMESPACES_MAX)
        refuse(parser, "there are too many namespaces"); /* libxml2 looks through them for each element */
    else
        xmlSAX2StartElementNs(arg, name, prefix, uri, namespace_count, namespaces, attribute_count, defaulted_count,
                              attributes);
}

void vmt_document_ignore_error(void *arg, VMT_XML_ERROR *error)
{
    (void)arg, (void)error;
}

static int explain(xmlParserCtxt *parser, struct vmt_error *error)
{
    const struct reader *reader = parser->_private;
    const xmlError *last = xmlCtxtGetLastError(parser);
    if (reader->refusal)
        return vmt_error_set(error, -EINVAL, "line %d: %s", xmlSAX2GetLineNumber(parser), reader->refusal);
    if (!last || !last->message)
        return vmt_error_set(error, -EINVAL, "it is no XML");
    if (last->code == XML_ERR_NO_MEMORY)
        return vmt_error_set(error, -ENOMEM, "no memory");
    return vmt_error_set(error, -EINVAL, "line %d: %.*s", last->line, (int)strcspn(last->message, "\r\n"),
                         last->message);
}

static int parse(const char *xml, size_t length, xmlDoc **ret_tree, struct vmt_error *error)
{
    struct reader reader = {0};
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser)
        return vmt_error_set(error, -ENOMEM, "no memory");
    parser->_private = &reader;
    parser->sax->serror = vmt_document_ignore_error;
    parser->sax->internalSubset = refuse_document_type;
    parser->sax->startElementNs = start_element;
    /* Nodes that nobody asks for are not made. */
    parser->sax->comment = NULL;
    parser->sax->processingInstruction = NULL;
    /* libvirt's texts are UTF-8, whatever the document claims. */
    xmlDoc *tree = xmlCtxtReadMemory(parser, xml, (int)length, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOCDATA);
    int result = 0;
    if (!tree || reader.refusal) {
        result = explain(parser, error);
        xmlFreeDoc(tree);
    } else {
        *ret_tree = tree;
    }
    xmlFreeParserCtxt(parser);
    return result;
}

/* libxml2 compares each attribute of an element with each, so they are counted before: an element's are between two
 * `<`. */
static bool has_crowded_element(const char *xml)
{
    unsigned count = 0;
    for (const char *at = strpbrk(xml, "<="); at; at = strpbrk(at + 1, "<=")) {
        char value = at[1 + strspn(at + 1, SPACE)];
        if (*at == '<')
            count = 0;
        else if ((value == '"' || value == '\'') && ++count > VMT_DOCUMENT_ATTRIBUTES_MAX)
            return true;
    }
    return false;
}

int vmt_document_open(const char *xml, const char *root, struct vmt_document *ret_document, struct vmt_error *error)
{
    size_t length = strnlen(xml, VMT_DOCUMENT_SIZE_MAX + 1);
    if (length > VMT_DOCUMENT_SIZE_MAX)
        return vmt_error_set(error, -EINVAL, "it is longer than %d bytes", VMT_DOCUMENT_SIZE_MAX);
    if (has_crowded_element(xml))
        return vmt_error_set(error, -EINVAL, "an element has more than %d attributes", VMT_DOCUMENT_ATTRIBUTES_MAX);
    struct vmt_document document = {0};
    int result = parse(xml, length, &document.tree, error);
    if (result < 0)
        return result;
    document.root = xmlDocGetRootElement(document.tree);
    vmt_arena_init(&document.texts);
    if (document.root->ns || !xmlStrEqual(document.root->name, BAD_CAST root)) {
        vmt_document_done(&document);
        return vmt_error_set(error, -EINVAL, "its root element is not <%s>", root);
    }
    *ret_document = document;
    return 0;
}

void vmt_document_done(struct vmt_document *document)
{
    xmlFreeDoc(document->tree);
    vmt_arena_done(&document->texts);
}

/* libxml2 writes the name of a namespace as it keeps it: `&` as a reference, but these as themselves. */
static bool escape_namespace(xmlNs *space)
{
    static const char plain[] = "<\t\n\r";
    static const char *const references[] = {"&lt;", "&#9;", "&#10;", "&#13;"};
    const char *at = space->href ? (const char *)space->href : "";
    if (!strpbrk(at, plain))
        return true;
    xmlBuffer *buffer = xmlBufferCreate();
    for (const char *found = at; buffer && *found; at = found + 1) {
        found = at + strcspn(at, plain);
        xmlBufferAdd(buffer, BAD_CAST at, (int)(found - at));
        if (*found)
            xmlBufferCat(buffer, BAD_CAST references[strchr(plain, *found) - plain]);
    }
    xmlChar *escaped = buffer ? xmlBufferDetach(buffer) : NULL;
    xmlBufferFree(buffer);
    if (!escaped)
        return false;
    xmlFree((xmlChar *)space->href);
    space->href = escaped;
    return true;
}

static bool escape_namespaces(xmlNode *node)
{
    for (xmlNs *space = node->nsDef; space; space = space->next)
        if (!escape_namespace(space))
            return false;
    for (xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && !escape_namespaces(child))
            return false;
    return true;
}

int vmt_document_print(struct vmt_document *document, char **ret_text, struct vmt_error *error)
{
    xmlBuffer *buffer = xmlBufferCreate();
    bool is_printed =
        buffer && escape_namespaces(document->root) && xmlNodeDump(buffer, document->tree, document->root, 0, 0) > 0;
    char *text = is_printed ? strdup((const char *)xmlBufferContent(buffer)) : NULL;
    xmlBufferFree(buffer);
    if (!text)
        return vmt_error_set(error, -ENOMEM, "no memory");
    *ret_text = text;
    return 0;
}

static bool is_same_namespace(const xmlNs *a, const xmlNs *b)
{
    return a == b || (a && b && xmlStrEqual(a->href, b->href));
}

static xmlNode *find(xmlNode *node, const xmlNs *namespace, const xmlChar *name)
{
    while (node &&
           !(node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, name) && is_same_namespace(node->ns, namespace)))
        node = node->next;
    return node;
}

xmlNode *vmt_document_child(const xmlNode *parent, const char *name)
{
    return parent ? find(parent->children, NULL, BAD_CAST name) : NULL;
}

xmlNode *vmt_document_next(const xmlNode *node)
{
    return find(node->next, node->ns, node->name);
}

xmlNode *vmt_document_child_of_kind(const xmlNode *parent, const char *name)
{
    return parent ? find(parent->children, parent->ns, BAD_CAST name) : NULL;
}

/* The first VMT_DOCUMENT_TEXT_MAX bytes, or as many fewer as keep the last character whole. */
static const char *keep(struct vmt_document *document, const char *text, size_t length)
{
    if (length > VMT_DOCUMENT_TEXT_MAX) {
        length = VMT_DOCUMENT_TEXT_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    if (length == 0)
        return NULL;
    const char *copy = vmt_arena_strndup(&document->texts, text, length);
    if (!copy)
        document->out_of_memory = true;
    return copy;
}

const char *vmt_document_attribute(struct vmt_document *document, const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, BAD_CAST name) : NULL;
    if (!value)
        return NULL;
    const char *kept = keep(document, (const char *)value, strlen((const char *)value));
    xmlFree(value);
    return kept;
}

const char *vmt_document_text(struct vmt_document *document, const xmlNode *node)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    const char *kept = content ? vmt_document_trim(document, (const char *)content) : NULL;
    xmlFree(content);
    return kept;
}

const char *vmt_document_trim(struct vmt_document *document, const char *text)
{
    text += strspn(text, SPACE);
    size_t length = strlen(text);
    while (length > 0 && strchr(SPACE, text[length - 1]))
        length--;
    return keep(document, text, length);
}

const char *vmt_document_join(struct vmt_document *document, const char *list, const char *text)
{
    if (!list || !text)
        return list ? list : text;
    const char *joined = vmt_arena_printf(&document->texts, "%s,%s", list, text);
    if (!joined)
        document->out_of_memory = true;
    return joined;
}
