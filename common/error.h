/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a function of the core says why it failed: a code and a sentence for a person.
 * The core fills it where the failure happens; the front end logs it where it is handled.
 * Plain data, no threads involved.
 */
#ifndef VIRTMETER_COMMON_ERROR_H
#define VIRTMETER_COMMON_ERROR_H

struct vmt_error {
    int code;       /* negative errno */
    char text[512]; /* one line, names the thing in quotes and the reason */
};

/* Fills `error` (which may be NULL) and returns `code`, a negative errno, so that a caller can return it at once. */
int vmt_error_set(struct vmt_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
