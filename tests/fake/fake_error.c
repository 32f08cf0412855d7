/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local virError last;
static _Thread_local char last_text[1024];

static pthread_mutex_t handler_lock = PTHREAD_MUTEX_INITIALIZER;
static virErrorFunc handler;
static void *handler_arg;

void fake_error_clear(void)
{
    last = (virError){0};
}

void fake_error_set(int code, int domain, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_text, sizeof last_text, format, arguments);
    va_end(arguments);
    last = (virError){.code = code, .domain = domain, .message = last_text, .level = VIR_ERR_ERROR};
    pthread_mutex_lock(&handler_lock);
    virErrorFunc function = handler;
    void *arg = handler_arg;
    pthread_mutex_unlock(&handler_lock);
    if (function)
        function(arg, &last);
}

void virSetErrorFunc(void *userData, virErrorFunc function)
{
    pthread_mutex_lock(&handler_lock);
    handler = function;
    handler_arg = userData;
    pthread_mutex_unlock(&handler_lock);
}

virErrorPtr virGetLastError(void)
{
    return last.code ? &last : NULL;
}

virErrorPtr virSaveLastError(void)
{
    virErrorPtr copy = fake_alloc(sizeof *copy);
    *copy = last;
    copy->message = fake_copy(last.message);
    return copy;
}

void virFreeError(virErrorPtr error)
{
    if (!error)
        return;
    free(error->message);
    free(error);
}

void virResetError(virErrorPtr error)
{
    if (!error)
        return;
    if (error != &last)
        free(error->message);
    *error = (virError){0};
}

void virResetLastError(void)
{
    fake_error_clear();
}

int virGetLastErrorCode(void)
{
    return last.code;
}

int virGetLastErrorDomain(void)
{
    return last.domain;
}

const char *virGetLastErrorMessage(void)
{
    return last.code ? last.message : "no error";
}
