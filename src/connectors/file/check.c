/* Validation of a file system's settings, with a look at the file itself (connectors §11.1). */
#include "connectors/file/declared.h"
#include "connectors/file/file.h"
#include "connectors/file/options.h"
#include "connectors/file/roots.h"

#include <unistd.h>

/* An error of a check becomes a finding: what went wrong is for the administrator, not for the caller. */
static void finding(arena *a, struct validation_results *out, error *e, const char *setting) {
    char message[1024];
    if (!e) return;
    *LIST_ADD(a, out) = (struct validation_result){.message = arena_text(a, text_of(error_chain(e, message, sizeof message))),
                                                   .setting = text_of(setting)};
    error_free(e);
}

static error *check_path(const struct run_ctx *ctx, const struct file_options *o) {
    if (o->mode == MODE_EXPORT_ONLY) {
        OWNED_VALUE(file_place) place = {.folder = -1};
        return roots_open_place(ctx->file_roots, o->path, true, &place);
    }
    int fd;
    error *e = roots_open_file(ctx->file_roots, o->path, &fd);
    if (fd >= 0) close(fd);
    if (!e || e->kind != ERROR_NOT_FOUND || text_is_null(o->declared)) return e;
    error_free(e); /* what is declared can be exported first */
    OWNED_VALUE(file_place) place = {.folder = -1};
    return roots_open_place(ctx->file_roots, o->path, true, &place);
}

error *file_validate(const struct connector_use *use, arena *a, struct validation_results *out) {
    OWNED_VALUE(file_options) options = {0};
    struct connector_schema declared;
    TRY(file_options_read(a, &use->system->settings, out, &options));
    if (!text_is_null(options.declared)) finding(a, out, declared_schema_read(a, options.declared, &declared), "Declared Schema");
    if (!text_is_empty(options.path)) finding(a, out, check_path(use->ctx, &options), "File Path");
    return NULL;
}
