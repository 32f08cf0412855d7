/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of domain states and of the reasons for them, as libvirt's enums have them, in lower case.
 * Pure, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_REASONS_H
#define VIRTMETER_COMMON_REASONS_H

/* The name of a virDomainState, or of one of its reasons (virDomainRunningReason, …). A code that this version does not
 * know is written as a number into `number`, which must have 16 bytes. */
const char *vmt_domain_state_name(int state, char number[16]);
const char *vmt_domain_reason_name(int state, int reason, char number[16]);

#endif
