/* The steps that opening and listing beneath a root share; for file/roots*.c only. */
#ifndef JOINERY_CONNECTORS_FILE_ROOTS_PATH_H
#define JOINERY_CONNECTORS_FILE_ROOTS_PATH_H

#include "base/base.h"

/* Whole components only. */
bool path_begins_with(text path, text root);
/* The longest root that the path's text begins with, or NULL. */
const text *path_root(const struct texts *roots, text path);
/* The form of a path, and its root. */
FALLIBLE path_check(const struct texts *roots, text path, const text **root);
/* Opens beneath the root, following links that stay inside; -1 with errno. */
int path_open(text root, text path, int flags);
/* The sentence for an errno of path_open. */
error *path_error(const struct texts *roots, text path, int number);
error *path_outside(const struct texts *roots, text path);

#endif
