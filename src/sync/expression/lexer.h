/* The tokens of an expression. */
#ifndef JOINERY_SYNC_EXPRESSION_LEXER_H
#define JOINERY_SYNC_EXPRESSION_LEXER_H

#include "sync/expression/expression.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_TEXT,      /* "…" */
    TOKEN_CHARACTER, /* '…', of any length: the parser says where one character must do */
    TOKEN_INTEGER,   /* magnitude; is_long */
    TOKEN_NUMBER,    /* value: decimal or double */
    TOKEN_MARK,      /* mark */
    TOKEN_BAD        /* message, at */
};

/* One-character marks are their character. */
enum mark {
    MARK_EQUAL = 256,
    MARK_NOT_EQUAL,
    MARK_LESS_EQUAL,
    MARK_GREATER_EQUAL,
    MARK_SHIFT_LEFT,
    MARK_SHIFT_RIGHT,
    MARK_AND,
    MARK_OR,
    MARK_COALESCE,
    MARK_IF_NOT_NULL
};

struct token {
    enum token_kind kind;
    size_t at, end; /* byte offsets in the source */
    int mark;
    uint64_t magnitude;
    bool is_long;
    text text; /* TEXT, CHARACTER: decoded; NAME: as written */
    struct expression_value value;
    const char *message;
};

/* The token that begins at or after byte `at`; valid UTF-8. */
struct token lex(arena *a, text source, size_t at);

#endif
