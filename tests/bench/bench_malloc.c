/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_malloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* glibc's own functions under the names that it exports for those who stand before them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static atomic_ulong calls;
static atomic_long live;

struct bench_malloc bench_malloc_now(void)
{
    return (struct bench_malloc){.calls = atomic_load(&calls), .live = atomic_load(&live)};
}

static void *count(void *memory)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&live, memory != NULL, memory_order_relaxed);
    return memory;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return count(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t number, size_t size)
{
    return count(__libc_calloc(number, size));
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
    if (!memory)
        return malloc(size);
    void *moved = __libc_realloc(memory, size);
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    if (!size)
        atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    return moved;
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
    return count(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    *ret_memory = count(__libc_memalign(alignment, size));
    return *ret_memory ? 0 : ENOMEM;
}

__attribute__((visibility("default"))) void free(void *memory)
{
    if (memory)
        atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    __libc_free(memory);
}
