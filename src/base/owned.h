/* Things that are not memory close themselves when their variable leaves its scope. */
#ifndef JOINERY_BASE_OWNED_H
#define JOINERY_BASE_OWNED_H

/* Once per type, in its header: OWNED_TYPE(arena, arena_free) lets OWNED(arena) *a = arena_new(…) free itself. The closing
 * function must accept NULL. For a struct type write OWNED_STRUCT(buffer, buffer_free), for use as OWNED(buffer) b. */
#define OWNED_TYPE(type, close)                                                                                                    \
    static inline void type##_owned_close(type **thing) {                                                                          \
        if (*thing) close(*thing);                                                                                                 \
    }                                                                                                                              \
    typedef type *type##_owned;
#define OWNED_STRUCT(type, close)                                                                                                  \
    static inline void type##_value_close(struct type *thing) { close(thing); }

/* OWNED(arena) a = arena_new(…);  declares an arena * that is freed at the end of the scope. */
#define OWNED(type) __attribute__((cleanup(type##_owned_close))) type##_owned
/* OWNED_VALUE(buffer) b = {…};  declares a struct buffer that is closed at the end of the scope. */
#define OWNED_VALUE(type) __attribute__((cleanup(type##_value_close))) struct type

/* Hands an owned pointer on: return TAKE(a); leaves NULL behind. */
#define TAKE(pointer)                                                                                                              \
    __extension__({                                                                                                                \
        __typeof__(pointer) t_ = (pointer);                                                                                        \
        (pointer) = NULL;                                                                                                          \
        t_;                                                                                                                        \
    })

#endif
