/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An XML document from libvirt, read without trust: no network, no files, no document types and so no entities, bounded
 * in size, depth and number of elements, attributes and namespaces, and not a word of libxml2's on stderr. Texts handed
 * out are bounded too and live as long as the document. A document belongs to one thread.
 */
#ifndef VIRTMETER_COMMON_DOCUMENT_H
#define VIRTMETER_COMMON_DOCUMENT_H

#include "common/arena.h"
#include "common/error.h"

#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <stdbool.h>

enum {
    VMT_DOCUMENT_SIZE_MAX = 4 * 1024 * 1024, /* the longest text that libvirt's protocol carries */
    VMT_DOCUMENT_DEPTH_MAX = 250,            /* chains of 200 backing files nest that many elements */
    VMT_DOCUMENT_ELEMENTS_MAX = 100 * 1000,
    VMT_DOCUMENT_ATTRIBUTES_MAX = 1000, /* of one element */
    VMT_DOCUMENT_NAMESPACES_MAX = 1000, /* declarations */
    VMT_DOCUMENT_TEXT_MAX = 256,        /* bytes */
};

struct vmt_document {
    xmlDoc *tree;
    xmlNode *root;
    struct vmt_arena texts;
    bool out_of_memory; /* a text was left out */
};

/*
 * Reads `xml`, whose root element must be called `root`. 0, or -EINVAL with where and why (libxml2's reason, without
 * the name of the document), or -ENOMEM. Nothing is to be given back after a failure.
 */
int vmt_document_open(const char *xml, const char *root, struct vmt_document *ret_document, struct vmt_error *error);
void vmt_document_done(struct vmt_document *document);

/*
 * The root as text, for the caller to free. Reads the same when it is parsed again; the document itself does not, from
 * now on: only vmt_document_done is left. 0 or -ENOMEM.
 */
int vmt_document_print(struct vmt_document *document, char **ret_text, struct vmt_error *error);

/* libxml2's handlers of errors take them as constants since 2.12. */
#if LIBXML_VERSION < 21200
#define VMT_XML_ERROR xmlError
#else
#define VMT_XML_ERROR const xmlError
#endif

/* Does nothing; without a handler libxml2 writes to stderr. Its contexts keep the last error all the same. */
void vmt_document_ignore_error(void *arg, VMT_XML_ERROR *error);

/* The first child element called `name` of no namespace, or NULL; NULL for a NULL `parent`. */
xmlNode *vmt_document_child(const xmlNode *parent, const char *name);

/* The next such sibling of `node`, or NULL. */
xmlNode *vmt_document_next(const xmlNode *node);

/* The first child element called `name` of the namespace of its `parent`, or NULL. */
xmlNode *vmt_document_child_of_kind(const xmlNode *parent, const char *name);

/* The value of an attribute as it is; NULL when it is missing or empty, or `node` is NULL. */
const char *vmt_document_attribute(struct vmt_document *document, const xmlNode *node, const char *name);

/* The text inside an element, without the space around it; NULL when there is none, or `node` is NULL. */
const char *vmt_document_text(struct vmt_document *document, const xmlNode *node);

/* A copy of `text` without the space around it; NULL when nothing else is in it. */
const char *vmt_document_trim(struct vmt_document *document, const char *text);

/* `list` and `text`, with a comma between them when both are there; either may be NULL. */
const char *vmt_document_join(struct vmt_document *document, const char *list, const char *text);

#endif
