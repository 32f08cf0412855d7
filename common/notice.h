/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person or an alert should hear of, said once when it changes. The core tells, the front end writes a log line
 * or a collectd notification. The function is called from the core's threads: it must not block and not call the core.
 */
#ifndef VIRTMETER_COMMON_NOTICE_H
#define VIRTMETER_COMMON_NOTICE_H

enum vmt_notice_kind {
    VMT_NOTICE_CONNECTED,         /* libvirt answers */
    VMT_NOTICE_DISCONNECTED,      /* libvirt was lost, or could not be reached: text says why */
    VMT_NOTICE_CALL_FAILED,       /* a libvirt call began to fail */
    VMT_NOTICE_CALL_RECOVERED,    /* … and works again */
    VMT_NOTICE_DOMAIN_STUCK,      /* a domain gives only its cheap values */
    VMT_NOTICE_DOMAIN_WHOLE,      /* … and all of them again */
    VMT_NOTICE_UNKNOWN_PARAMETER, /* libvirt sends something that no table knows */
    VMT_NOTICE_COUNT,
};

struct vmt_domain;

struct vmt_notice {
    enum vmt_notice_kind kind;
    const char *object;              /* the domain's name, the parameter, the function; may be NULL */
    const char *text;                /* one sentence without control characters in it */
    const struct vmt_domain *domain; /* of VMT_NOTICE_DOMAIN_*; otherwise NULL */
};

typedef void vmt_notify(void *arg, const struct vmt_notice *notice);

#endif
