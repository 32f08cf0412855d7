/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of typed parameters. */
#include "tests/fake/fake_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static virTypedParameterPtr more(struct fake_record *record)
{
    if (record->count == record->room) {
        record->room = record->room ? record->room * 2 : 64;
        record->params = realloc(record->params, (size_t)record->room * sizeof *record->params);
        fake_must(record->params);
    }
    virTypedParameterPtr parameter = &record->params[record->count++];
    *parameter = (virTypedParameter){0};
    return parameter;
}

static void set_number(virTypedParameterPtr parameter, int type, unsigned long long number)
{
    parameter->type = type;
    switch (type) {
    case VIR_TYPED_PARAM_INT:
        parameter->value.i = (int)number;
        break;
    case VIR_TYPED_PARAM_UINT:
        parameter->value.ui = (unsigned)number;
        break;
    case VIR_TYPED_PARAM_LLONG:
        parameter->value.l = (long long)number;
        break;
    case VIR_TYPED_PARAM_ULLONG:
        parameter->value.ul = number;
        break;
    default:
        fake_must(type == VIR_TYPED_PARAM_BOOLEAN);
        parameter->value.b = number != 0;
    }
}

void fake_add(struct fake_record *record, int type, unsigned long long number, const char *format, ...)
{
    virTypedParameterPtr parameter = more(record);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parameter->field, sizeof parameter->field, format, arguments);
    va_end(arguments);
    set_number(parameter, type, number);
}

void fake_add_text(struct fake_record *record, const char *text, const char *format, ...)
{
    virTypedParameterPtr parameter = more(record);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parameter->field, sizeof parameter->field, format, arguments);
    va_end(arguments);
    parameter->type = VIR_TYPED_PARAM_STRING;
    parameter->value.s = fake_copy(text);
}

void fake_add_copy(struct fake_record *record, const virTypedParameter *source)
{
    virTypedParameterPtr parameter = more(record);
    *parameter = *source;
    if (source->type == VIR_TYPED_PARAM_STRING)
        parameter->value.s = fake_copy(source->value.s);
}

/* ---- libvirt's own functions ---- */

void virTypedParamsClear(virTypedParameterPtr params, int nparams)
{
    for (int i = 0; params && i < nparams; i++) {
        if (params[i].type == VIR_TYPED_PARAM_STRING)
            free(params[i].value.s);
        params[i].type = 0;
    }
}

void virTypedParamsFree(virTypedParameterPtr params, int nparams)
{
    virTypedParamsClear(params, nparams);
    free(params);
}

static int append(virTypedParameterPtr *params, int *count, int *room, const char *name, virTypedParameter parameter)
{
    fake_error_clear();
    if (strlen(name) >= sizeof parameter.field) {
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_NONE, "invalid argument: Parameter name '%s' is too long", name);
        return -1;
    }
    memset(parameter.field, 0, sizeof parameter.field);
    memcpy(parameter.field, name, strlen(name));
    struct fake_record record = {.params = *params, .count = *count, .room = *room};
    fake_add_copy(&record, &parameter);
    *params = record.params;
    *count = record.count;
    *room = record.room;
    return 0;
}

#define ADD_FUNCTION(name_, type_, kind, member)                                                                       \
    int virTypedParamsAdd##name_(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name,         \
                                 type_ value)                                                                          \
    {                                                                                                                  \
        return append(params, nparams, maxparams, name, (virTypedParameter){.type = (kind), .value.member = value});   \
    }

ADD_FUNCTION(Int, int, VIR_TYPED_PARAM_INT, i)
ADD_FUNCTION(UInt, unsigned, VIR_TYPED_PARAM_UINT, ui)
ADD_FUNCTION(LLong, long long, VIR_TYPED_PARAM_LLONG, l)
ADD_FUNCTION(ULLong, unsigned long long, VIR_TYPED_PARAM_ULLONG, ul)
ADD_FUNCTION(Double, double, VIR_TYPED_PARAM_DOUBLE, d)

int virTypedParamsAddBoolean(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name, int value)
{
    return append(params, nparams, maxparams, name,
                  (virTypedParameter){.type = VIR_TYPED_PARAM_BOOLEAN, .value.b = value != 0});
}

int virTypedParamsAddString(virTypedParameterPtr *params, int *nparams, int *maxparams, const char *name,
                            const char *value)
{
    virTypedParameter parameter = {.type = VIR_TYPED_PARAM_STRING, .value.s = (char *)value};
    return append(params, nparams, maxparams, name, parameter);
}

/* ---- getting: 1 when it is there, 0 when not, -1 when it is of another kind ---- */

static int get(virTypedParameterPtr params, int count, const char *name, int type, virTypedParameterPtr *ret_found)
{
    fake_error_clear();
    for (int i = 0; i < count; i++) {
        if (strcmp(params[i].field, name) != 0)
            continue;
        *ret_found = &params[i];
        if (params[i].type == type)
            return 1;
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_NONE,
                       "invalid argument: Invalid type '%d' requested for parameter '%s', actual type is '%d'", type,
                       name, params[i].type);
        return -1;
    }
    return 0;
}

#define GET_FUNCTION(name_, type_, kind, member)                                                                       \
    int virTypedParamsGet##name_(virTypedParameterPtr params, int nparams, const char *name, type_ *value)             \
    {                                                                                                                  \
        virTypedParameterPtr found;                                                                                    \
        int result = get(params, nparams, name, kind, &found);                                                         \
        if (result > 0)                                                                                                \
            *value = found->value.member;                                                                              \
        return result;                                                                                                 \
    }

GET_FUNCTION(Int, int, VIR_TYPED_PARAM_INT, i)
GET_FUNCTION(UInt, unsigned, VIR_TYPED_PARAM_UINT, ui)
GET_FUNCTION(LLong, long long, VIR_TYPED_PARAM_LLONG, l)
GET_FUNCTION(ULLong, unsigned long long, VIR_TYPED_PARAM_ULLONG, ul)
GET_FUNCTION(Double, double, VIR_TYPED_PARAM_DOUBLE, d)
GET_FUNCTION(Boolean, int, VIR_TYPED_PARAM_BOOLEAN, b)
GET_FUNCTION(String, const char *, VIR_TYPED_PARAM_STRING, s)
