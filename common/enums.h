/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's enumerations as words: the names of its enum members, in lower case and without their prefix. A code that
 * this version does not know is written as a number. Pure, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_ENUMS_H
#define VIRTMETER_COMMON_ENUMS_H

enum { VMT_ENUM_TEXT = 16 }; /* room for a number */

/* The name at place `code` of `names` (ended by NULL), or the number itself, written into `number`. */
const char *vmt_enum_name(const char *const *names, int code, char number[VMT_ENUM_TEXT]);

/* virDomainState, and the reasons of each: virDomainRunningReason, … */
const char *vmt_enum_domain_state(int state, char number[VMT_ENUM_TEXT]);
const char *vmt_enum_domain_reason(int state, int reason, char number[VMT_ENUM_TEXT]);

/* virDomainEventType, and the details of each: virDomainEventDefinedDetailType, … */
const char *vmt_enum_lifecycle_event(int event, char number[VMT_ENUM_TEXT]);
const char *vmt_enum_lifecycle_detail(int event, int detail, char number[VMT_ENUM_TEXT]);

/* The virDomainState that a domain is in after an event, or -1: defining it or not is no change of its state. */
int vmt_enum_state_after(int event);

/* virDomainJobType and virDomainJobOperation */
const char *vmt_enum_job_type(int type, char number[VMT_ENUM_TEXT]);
const char *vmt_enum_job_operation(int operation, char number[VMT_ENUM_TEXT]);

#endif
