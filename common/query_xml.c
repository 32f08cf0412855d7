/* SPDX-License-Identifier: Apache-2.0 */
#include "common/query.h"

#include <stdlib.h>

/*
 * What the XML of one domain says, or NULL when libvirt did not give it or memory did not suffice. XML that cannot be
 * understood says nothing, and is not asked for again before it changes. Why is noted in the session's part.
 */
static struct vmt_part *read_identity(struct vmt_query *query, struct vmt_session *session, virDomainPtr handle,
                                      const struct vmt_domain *known)
{
    char *xml = VMT_CALL(session, known->name, virDomainGetXMLDesc, handle, 0);
    struct vmt_part *part = xml ? vmt_part_new() : NULL;
    const struct vmt_domain *domain = part ? vmt_part_add_domain(part, known->name, known->uuid) : NULL;
    struct vmt_error error = {0};
    if (domain && vmt_xml_domain(xml, domain, session->filter, query->context->labels, part, &error) < 0)
        vmt_part_add_error(part, &(struct vmt_call_error){.call = "virDomainGetXMLDesc",
                                                          .object = known->name,
                                                          .code = VIR_ERR_XML_ERROR,
                                                          .message = error.text});
    free(xml);
    if (!part)
        return NULL;
    session->part->duplicates += part->duplicates;
    if (domain && !part->out_of_memory)
        return part;
    vmt_part_unref(part);
    return NULL;
}

/* The registry keeps what is read at once, so that it is not lost when a later domain hangs. */
void vmt_query_read_xml(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_query *query = (struct vmt_query *)task;
    for (unsigned i = 0; i < query->count; i++) {
        struct vmt_query_item *item = &query->items[i];
        const struct vmt_domain *domain = item->entry->domain;
        virDomainPtr handle =
            VMT_CALL(session, domain->name, virDomainLookupByUUID, session->connection, item->entry->uuid);
        struct vmt_part *part = handle ? read_identity(query, session, handle, domain) : NULL;
        if (handle)
            virDomainFree(handle);
        vmt_registry_store(query->context->registry, domain->uuid, item->version, part);
        vmt_part_unref(part);
        item->answer = VMT_ANSWER_WHOLE;
    }
}
