/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs with a command line have in common: sentences in their help, and guesses at what somebody mistyped.
 * Pure, safe from any thread.
 */
#ifndef VIRTMETER_SERVE_WORDS_H
#define VIRTMETER_SERVE_WORDS_H

#include "serve/text.h"

/* Adds words, indented, in lines that fit a terminal. */
void vmt_words_wrap(struct vmt_text *text, const char *words);

/* Characters to insert, delete or replace to make one of the other; of the first 64. */
unsigned vmt_words_distance(const char *a, const char *b);

#endif
