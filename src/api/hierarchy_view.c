/* From the configuration to the tree that people read. */
#include "api/hierarchy_view.h"

#include "api/history_views.h"

const struct shape container_view_shape;
SHAPE(container_view, "ConnectedSystemContainerDto",
      FIELDS(FIELD(container_view, id, "id"), FIELD(container_view, name, "name"), FIELD(container_view, external_id, "externalId"),
             FIELD(container_view, description, "description", .nullable = true), FIELD(container_view, hidden, "hidden"),
             FIELD(container_view, selected, "selected"), FIELD(container_view, excluded, "excluded"),
             FIELD(container_view, scope, "scope", .names = &container_scope_names),
             FIELD(container_view, object_count, "objectCount", .doc = "Directly within, when it was last counted."),
             FIELD(container_view, subtree_object_count, "subtreeObjectCount"), FIELD(container_view, partition_id, "partitionId"),
             FIELD(container_view, connected_system_id, "connectedSystemId"),
             OBJECTS(container_view, child_containers, "childContainers", container_view)));

SHAPE(partition_view, "ConnectedSystemPartitionDto",
      FIELDS(FIELD(partition_view, id, "id"), FIELD(partition_view, name, "name"), FIELD(partition_view, external_id, "externalId"),
             FIELD(partition_view, selected, "selected"), FIELD(partition_view, connected_system_id, "connectedSystemId"),
             OBJECTS(partition_view, containers, "containers", container_view)));

void container_view_of(arena *a, const struct partition *p, const struct container *c, struct container_view *out) {
    *out = (struct container_view){.id = c->id,
                                   .name = c->name,
                                   .external_id = c->external_id,
                                   .description = c->description,
                                   .hidden = c->hidden,
                                   .selected = c->selected,
                                   .excluded = c->excluded,
                                   .scope = c->scope,
                                   .object_count = {c->objects >= 0, c->objects},
                                   .subtree_object_count = {c->objects >= 0, c->objects},
                                   .partition_id = {true, p->id},
                                   .connected_system_id = {true, c->system}};
    for (EACH(const struct container, child, &p->containers)) {
        if (child->parent != c->id) continue;
        struct container_view *v = LIST_ADD(a, &out->child_containers);
        container_view_of(a, p, child, v);
        out->subtree_object_count.given &= v->subtree_object_count.given;
        out->subtree_object_count.value += v->subtree_object_count.value;
    }
}

void partition_view_of(arena *a, const struct partition *p, struct partition_view *out) {
    *out = (struct partition_view){
        .id = p->id, .name = p->name, .external_id = p->external_id, .selected = p->selected, .connected_system_id = p->system};
    for (EACH(const struct container, c, &p->containers))
        if (!c->parent) container_view_of(a, p, c, LIST_ADD(a, &out->containers));
}

FALLIBLE find_partition(snapshot *s, int32_t system, int32_t id, const struct partition **out) {
    const struct connected_system *of;
    TRY(find_system(s, system, &of));
    *out = config_partition(of, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "'%.*s' has no partition %d.", TEXT_ARG(of->name), id);
}

FALLIBLE find_container(snapshot *s, int32_t system, int32_t id, const struct container **out) {
    const struct connected_system *of;
    TRY(find_system(s, system, &of));
    *out = config_container(of, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "'%.*s' has no container %d.", TEXT_ARG(of->name), id);
}

void partition_write(struct json_writer *w, const struct partition *p) {
    json_name(w, T("id")), json_int(w, p->id);
    json_name(w, T("name")), json_string(w, p->name);
    json_name(w, T("externalId")), json_string(w, p->external_id);
    json_name(w, T("selected")), json_bool(w, p->selected);
    json_name(w, T("containers"));
    json_array(w);
    for (EACH(const struct container, c, &p->containers)) {
        text parent = {0};
        for (EACH(const struct container, up, &p->containers))
            if (up->id == c->parent) parent = up->external_id;
        json_object(w);
        json_name(w, T("id")), json_int(w, c->id);
        json_name(w, T("name")), json_string(w, c->name);
        json_name(w, T("externalId")), json_string(w, c->external_id);
        json_name(w, T("parentExternalId")), json_string(w, parent);
        json_name(w, T("description")), json_string(w, c->description);
        json_name(w, T("hidden")), json_bool(w, c->hidden);
        json_name(w, T("selected")), json_bool(w, c->selected);
        json_name(w, T("excluded")), json_bool(w, c->excluded);
        json_name(w, T("scope")), json_string(w, enum_text(&container_scope_names, c->scope));
        json_object_end(w);
    }
    json_array_end(w);
}
