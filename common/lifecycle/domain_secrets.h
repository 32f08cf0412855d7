/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's XML as it may be shown. libvirt leaves passwords out unless it is asked for them; this takes out what it
 * does not know as secrets: arguments and environment of other namespaces (qemu:commandline) and of init, firmware
 * configuration, launch blobs, cookies, and, should they be there, passwords. Pure, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_DOMAIN_SECRETS_H
#define VIRTMETER_COMMON_LIFECYCLE_DOMAIN_SECRETS_H

#include "common/error.h"

/*
 * The XML without secrets, for the caller to free: the same text when it has none. 0, or -EINVAL when it cannot be read
 * (then it must not be shown), or -ENOMEM.
 */
int vmt_domain_hide_secrets(const char *xml, char **ret_xml, struct vmt_error *error);

#endif
