/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command ended: one exit code, and one sentence when it is not 0. Pure.
 */
#ifndef VIRTMETER_CTL_OUTCOME_H
#define VIRTMETER_CTL_OUTCOME_H

#include "ctl/client.h"

enum vmt_exit {
    VMT_EXIT_OK,
    VMT_EXIT_FAILED,
    VMT_EXIT_USAGE,
    VMT_EXIT_NOT_FOUND,
    VMT_EXIT_NOT_PERMITTED,
    VMT_EXIT_WRONG_STATE,
    VMT_EXIT_TIMED_OUT, /* the operation may still run */
    VMT_EXIT_NOT_REACHABLE,
};

/* Of a request that got no answer: of the negative errno of vmt_client_ask. */
enum vmt_exit vmt_outcome_of_failure(int failed);

/* Of an answer's status, below 400 too. */
enum vmt_exit vmt_outcome_of_status(long status);

/* Of an operation that has been asked for. One that runs on is only a failure for somebody who waits for it. */
enum vmt_exit vmt_outcome_of_operation(const json_t *operation, bool is_waiting);

/* Adds the sentence that a problem (RFC 9457) says, with libvirt's own when that says more. */
void vmt_outcome_add_problem(struct vmt_text *text, const json_t *problem);

#endif
