/* The folders that file connectors may use, for choosing a file (operations §17). */
#include "api/change.h"
#include "runs/systems.h"

struct folder_item {
    text name;
    text full_path;
    bool is_directory;
};
static SHAPE(folder_item, "FileSystemEntry",
             FIELDS(FIELD(folder_item, name, "name"), FIELD(folder_item, full_path, "fullPath"),
                    FIELD(folder_item, is_directory, "isDirectory")));

struct folder_view {
    text path;
    struct folder_items LIST(struct folder_item) entries;
    text parent_path;
    bool is_root;
    text error;
    bool is_access_denied;
    bool success;
};
static SHAPE(folder_view, "FileSystemListResult",
             FIELDS(FIELD(folder_view, path, "path"), OBJECTS(folder_view, entries, "entries", folder_item),
                    FIELD(folder_view, parent_path, "parentPath", .nullable = true), FIELD(folder_view, is_root, "isRoot"),
                    FIELD(folder_view, error, "error", .nullable = true), FIELD(folder_view, is_access_denied, "isAccessDenied"),
                    FIELD(folder_view, success, "success")));

struct path_view {
    text path;
    bool is_allowed;
};
static SHAPE(path_view, "PathValidationResult", FIELDS(FIELD(path_view, path, "path"), FIELD(path_view, is_allowed, "isAllowed")));

struct path_in {
    text path;
};
static SHAPE(path_in, NULL, FIELDS(FIELD(path_in, path, "path")));
struct path_needed {
    text path;
};
static SHAPE(path_needed, NULL, FIELDS(FIELD(path_needed, path, "path", .required = true)));
struct root_list {
    struct texts items;
};
static SHAPE(root_list, NULL, FIELDS(FIELD(root_list, items, "items")), .bare = true);

static FALLIBLE refuse(struct call *c, text path, const error *e) {
    bool denied = e->kind == ERROR_DENIED || e->kind == ERROR_INVALID;
    text sentence = arena_text(c->a, text_of(e->sentence));
    struct folder_view view = {.path = text_is_null(path) ? T("") : path, .error = sentence, .is_access_denied = denied};
    return CALL_REPLY_FAILURE(c, denied ? 403 : 404, denied ? "FORBIDDEN" : "NOT_FOUND", sentence.at, folder_view, &view);
}

static FALLIBLE folder_list(struct call *c, const struct path_in *in, struct folder_view *out) {
    struct folder_listing found = {0};
    OWNED(error) e = roots_list(c->a, runs_file_roots(c->services->runs), in->path, &found);
    if (e) return refuse(c, in->path, e);
    *out = (struct folder_view){.path = found.path, .parent_path = found.parent, .is_root = found.is_root, .success = true};
    for (EACH(struct folder_entry, f, &found.entries)) {
        struct folder_item *item = LIST_ADD(c->a, &out->entries);
        *item = (struct folder_item){.name = f->name, .full_path = f->path, .is_directory = f->is_folder};
    }
    if (found.cut) out->error = T("The folder has more than 10,000 entries; only these are shown.");
    return NULL;
}
HANDLER(folder_list, path_in, folder_view)

static FALLIBLE roots_show(struct call *c, const struct nothing *in, struct root_list *out) {
    (void)in;
    roots_existing(c->a, runs_file_roots(c->services->runs), &out->items);
    return NULL;
}
HANDLER(roots_show, nothing, root_list)

static FALLIBLE path_check(struct call *c, const struct path_needed *in, struct path_view *out) {
    *out = (struct path_view){.path = in->path, .is_allowed = roots_allow(runs_file_roots(c->services->runs), in->path)};
    return NULL;
}
HANDLER(path_check, path_needed, path_view)

const struct routes filesystem_routes = ROUTES(
    "FileSystem", "/api/v1/filesystem",
    ROUTE(GET, "/list", folder_list, "Lists a folder below the allowed roots; without a path the first root.",
          .operation = "ListDirectory", .role = ROLE_ADMINISTRATOR,
          .also = ALSO({403, &folder_view_shape, "Outside the roots.", .enveloped = true},
                       {404, &folder_view_shape, "Not there.", .enveloped = true})),
    ROUTE(GET, "/roots", roots_show, "The allowed roots that exist.", .operation = "GetAllowedRoots", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/validate", path_check, "May this path be used?", .operation = "ValidatePath", .role = ROLE_ADMINISTRATOR));
