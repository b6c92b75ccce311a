/* Joinery's own list of plain English words, for passphrases that people can type. */
#ifndef JOINERY_BASE_WORDS_H
#define JOINERY_BASE_WORDS_H

#include "base/text.h"

enum { WORD_COUNT = 3077, WORD_LETTERS_MIN = 4, WORD_LETTERS_MAX = 8 };

/* Word number i below WORD_COUNT; lower-case ASCII, each once, in alphabetical order. */
text word_at(size_t i);

#endif
