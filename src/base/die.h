/* The end of the process when going on would do harm. */
#ifndef JOINERY_BASE_DIE_H
#define JOINERY_BASE_DIE_H

/* Prints "joinery: …" on standard error and aborts. For out of memory and broken invariants only, never for input. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
