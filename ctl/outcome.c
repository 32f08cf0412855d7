/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/outcome.h"
#include "ctl/cell.h"

#include <errno.h>

enum vmt_exit vmt_outcome_of_failure(int failed)
{
    switch (failed) {
    case -ECONNREFUSED:
    case -ECONNRESET:
        return VMT_EXIT_NOT_REACHABLE;
    case -ETIMEDOUT:
        return VMT_EXIT_TIMED_OUT;
    case -EINVAL:
        return VMT_EXIT_USAGE;
    default:
        return VMT_EXIT_FAILED;
    }
}

enum vmt_exit vmt_outcome_of_status(long status)
{
    static const struct {
        long status;
        enum vmt_exit code;
    } codes[] = {
        {403, VMT_EXIT_NOT_PERMITTED}, {404, VMT_EXIT_NOT_FOUND},     {409, VMT_EXIT_WRONG_STATE},
        {412, VMT_EXIT_WRONG_STATE},   {428, VMT_EXIT_NOT_PERMITTED}, {504, VMT_EXIT_TIMED_OUT},
    };
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == status)
            return codes[i].code;
    return status < 400 ? VMT_EXIT_OK : VMT_EXIT_FAILED;
}

enum vmt_exit vmt_outcome_of_operation(const json_t *operation, bool is_waiting)
{
    const char *state = vmt_cell_text_at(operation, "state");
    const json_t *status = vmt_cell_at(operation, "problem.status");
    if (!state)
        return VMT_EXIT_FAILED;
    if (!strcmp(state, "succeeded") || !strcmp(state, "dry_run"))
        return VMT_EXIT_OK;
    if (!strcmp(state, "running"))
        return is_waiting ? VMT_EXIT_TIMED_OUT : VMT_EXIT_OK;
    if (!strcmp(state, "timed_out") || !strcmp(state, "unknown"))
        return VMT_EXIT_TIMED_OUT;
    enum vmt_exit code = vmt_outcome_of_status((long)json_integer_value(status));
    return code == VMT_EXIT_OK ? VMT_EXIT_FAILED : code;
}

void vmt_outcome_add_problem(struct vmt_text *text, const json_t *problem)
{
    const char *detail = vmt_cell_text_at(problem, "detail"), *title = vmt_cell_text_at(problem, "title");
    const char *libvirt = vmt_cell_text_at(problem, "libvirt.message");
    const char *says = detail && *detail ? detail : title;
    vmt_cell_add_clean(text, says ? says : "the daemon refused, and said no more", false);
    if (!libvirt || (says && strstr(says, libvirt)))
        return;
    vmt_text_add_string(text, ": ");
    vmt_cell_add_clean(text, libvirt, false);
}
