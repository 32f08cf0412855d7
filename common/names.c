/* SPDX-License-Identifier: Apache-2.0 */
#include "common/names.h"

#include <string.h>

void vmt_names_init(struct vmt_names *names)
{
    pthread_mutex_init(&names->lock, NULL);
    names->count = 0;
}

void vmt_names_done(struct vmt_names *names)
{
    pthread_mutex_destroy(&names->lock);
}

static bool has(const struct vmt_names *names, const char *name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (!strncmp(names->name[i], name, VMT_NAME_TEXT - 1))
            return true;
    return false;
}

bool vmt_names_add(struct vmt_names *names, const char *name)
{
    pthread_mutex_lock(&names->lock);
    bool is_new = names->count < VMT_NAMES_MAX && !has(names, name);
    if (is_new) {
        char *text = names->name[names->count++];
        size_t length = strnlen(name, VMT_NAME_TEXT - 1);
        memcpy(text, name, length);
        text[length] = '\0';
    }
    pthread_mutex_unlock(&names->lock);
    return is_new;
}

unsigned vmt_names_count(struct vmt_names *names)
{
    pthread_mutex_lock(&names->lock);
    unsigned count = names->count;
    pthread_mutex_unlock(&names->lock);
    return count;
}
