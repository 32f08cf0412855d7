/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How virtmeter proves to a libvirt daemon who it is without ever asking a person: a file that holds a user name and a
 * password, and URIs whose transport is told not to use a terminal. Calls no libvirt function itself.
 * Credentials are immutable once loaded, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_CREDENTIALS_H
#define VIRTMETER_COMMON_CREDENTIALS_H

#include "common/error.h"

#include <libvirt/libvirt.h>

struct vmt_credentials;

/*
 * Reads a file of `username=TEXT` and `password=TEXT` lines, either of which may be missing, blank lines and comments
 * that begin with `#`. Everything after the `=` counts, spaces too. 0, or a negative errno with the reason: -EACCES
 * when more than the file's owner (and users named in its access list) can read it, -EINVAL when it holds anything
 * else, or what open and read say.
 */
int vmt_credentials_load(const char *path, struct vmt_credentials **ret_credentials, struct vmt_error *error);

/* Wipes the texts before their memory is given back. */
void vmt_credentials_free(struct vmt_credentials *credentials);

/*
 * What virConnectOpenAuth takes: answers questions for a user name or a password, and fails all others, so that libvirt
 * says itself what it wanted. `credentials` (may be NULL: fails every question) must outlive all use of `ret_auth`.
 * libvirt asks only for what its own auth.conf does not answer.
 */
void vmt_credentials_auth(struct vmt_credentials *credentials, virConnectAuth *ret_auth);

/*
 * A copy of `uri` (which may be NULL) for the caller to free, with `no_tty=1` added to its query when its transport is
 * ssh, libssh or libssh2 and the query does not speak of no_tty already. 0 or -ENOMEM.
 */
int vmt_uri_without_prompt(const char *uri, char **ret_uri);

#endif
